/** Commands cut from a stream: literals, messages, limits, and what is hostile. */

import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Command,
  type CommandLimits,
  CommandReader,
  LIMITS_AFTER_LOGIN,
  LIMITS_BEFORE_LOGIN,
} from '../../../src/imap/wire/command-reader.ts';
import { CommandError } from '../../../src/imap/wire/imap-syntax-error.ts';
import { ConnectionInput } from '../../../src/net/connection-input.ts';
import { measure } from '../../fuzz/growth.mjs';

interface Wire {
  readonly reader: CommandReader;
  readonly source: PassThrough;
  send(octets: string | Buffer): Promise<void>;
  continuations(): number;
}

function open(limits: CommandLimits = LIMITS_AFTER_LOGIN): Wire {
  const source = new PassThrough({ highWaterMark: 1 << 26 });
  let continuations = 0;
  const reader = new CommandReader(new ConnectionInput(source), { limits, continuation: () => continuations++ });
  const send = async (octets: string | Buffer): Promise<void> => {
    source.write(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets);
    await nextTurn();
  };
  return { reader, source, send, continuations: () => continuations };
}

async function text(octets: AsyncIterable<Buffer>): Promise<string> {
  let all = '';
  for await (const chunk of octets) all += chunk.toString('latin1');
  return all;
}

/** The arguments of a command as astrings. */
function strings({ scanner }: Pick<Command, 'scanner'>): string[] {
  const found: string[] = [];
  while (scanner.trySpace()) found.push(scanner.astring());
  scanner.end();
  return found;
}

async function failure(promise: Promise<unknown>): Promise<CommandError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CommandError);
  return error as CommandError;
}

describe('a command', () => {
  test('has a tag, a name in capitals, and arguments', async () => {
    const { reader, send } = open();
    await send('a1 noop\r\nA.2 Login "a b" c\nx UID Fetch 1 FLAGS\r\n');
    expect(reader.take()).toMatchObject({ tag: 'a1', name: 'NOOP', uid: false, literal: null });
    const login = reader.take() as Command;
    expect(login).toMatchObject({ tag: 'A.2', name: 'LOGIN' });
    expect(strings(login)).toEqual(['a b', 'c']);
    expect(reader.take()).toMatchObject({ tag: 'x', name: 'FETCH', uid: true });
    expect(reader.take()).toBeNull();
  });

  test('is null when the connection has ended, also in the middle of one', async () => {
    const { reader, source, send } = open();
    await send('a1 LOGIN {5}\r\nab');
    source.end();
    expect(await reader.read()).toBeNull();
  });

  test.each([
    ['', '*'],
    [' ', '*'],
    ['a1', '*'],
    ['a1 ', 'a1'],
    ['a+1 NOOP', '*'],
    ['* NOOP', '*'],
    ['a1  NOOP', 'a1'],
    ['a1 "NOOP"', 'a1'],
    ['a1 UID ', 'a1'],
    ['\0\0\0', '*'],
    ['\xff\xfe', '*'],
    ['a1\tNOOP', '*'],
    [`${'t'.repeat(300)} NOOP`, '*'],
    [`a1 ${'N'.repeat(65)}`, 'a1'],
    ['GET / HTTP/1.1', 'GET'],
  ])('%j is refused under the tag %s', async (line, tag) => {
    const { reader, send } = open();
    await send(`${line}\r\nok NOOP\r\n`);
    expect(await failure(reader.read())).toMatchObject({ status: 'BAD', tag, fatal: false });
    expect(await reader.read()).toMatchObject({ tag: 'ok' });
  });

  test('with a bare CR or a NUL is the scanner’s to refuse', async () => {
    const { reader, send } = open();
    await send('a1 X a\rb\r\na2 X a\0b\r\na3 NOOP\r\n');
    for (let i = 0; i < 2; i++) {
      const command = (await reader.read()) as Command;
      expect(() => strings(command)).toThrow(expect.objectContaining({ name: 'ImapSyntaxError' }));
    }
    expect(await reader.read()).toMatchObject({ tag: 'a3' });
  });
});

describe('a literal', () => {
  test('is asked for when it waits, and not when it does not', async () => {
    const { reader, send, continuations } = open();
    const reading = reader.read();
    await send('a1 LOGIN {5}\r\n');
    expect(continuations()).toBe(1);
    await send('a\r\n"b {3+}\r\nxyz {0+}\r\n\r\n');
    expect(strings((await reading) as Command)).toEqual(['a\r\n"b', 'xyz', '']);
    expect(continuations()).toBe(1);
  });

  test.each([['{9}'], ['{4294967296}'], ['{99999999999999999999}']])(
    '%s over the limit is refused unsent',
    async (size) => {
      const { reader, send, continuations } = open({ ...LIMITS_AFTER_LOGIN, literal: 8 });
      await send(`a1 LOGIN ${size}\r\na2 NOOP\r\n`);
      expect(await failure(reader.read())).toMatchObject({ tag: 'a1', code: 'TOOBIG', fatal: false });
      expect(continuations()).toBe(0);
      expect(await reader.read()).toMatchObject({ tag: 'a2' });
    },
  );

  test('over the limit that comes anyway is thrown away with the rest of its command', async () => {
    const { reader, send, continuations } = open({ ...LIMITS_AFTER_LOGIN, literal: 8 });
    await send('a1 LOGIN {9+}\r\n123456\r\n9 {6+}\r\na\r\nx y {7}\r\na2 NOOP\r\n');
    expect(await failure(reader.read())).toMatchObject({ tag: 'a1', code: 'TOOBIG', fatal: false });
    expect(continuations()).toBe(0);
    expect(await reader.read()).toMatchObject({ tag: 'a2' });
  });

  test.each([['{4294967296+}'], ['{99999999999999999999+}'], ['~{65537+}']])('%s is the end', async (size) => {
    const { reader, send } = open(LIMITS_BEFORE_LOGIN);
    await send(`a1 LOGIN ${size}\r\n`);
    expect(await failure(reader.read())).toMatchObject({ tag: 'a1', code: 'TOOBIG', fatal: true });
  });

  test('{5+} before login is taken', async () => {
    const { reader, send } = open(LIMITS_BEFORE_LOGIN);
    await send('a1 LOGIN {5+}\r\nalice {3+}\r\npwd\r\n');
    expect(strings((await reader.read()) as Command)).toEqual(['alice', 'pwd']);
  });

  test.each(['{-5}', '{5', '{}', '{+}', '{5}x', '{ 5}'])('%s is none', async (announcement) => {
    const { reader, send, continuations } = open();
    await send(`a1 LOGIN ${announcement}\r\n`);
    expect(() => strings(reader.take() as Command)).toThrow();
    expect(continuations()).toBe(0);
  });

  test('after a bad head is swallowed, not obeyed', async () => {
    const { reader, send } = open();
    await send('a+1 X {11+}\r\nb1 LOGOUT\r\n \r\nb2 NOOP\r\n');
    expect(await failure(reader.read())).toMatchObject({ tag: '*' });
    expect(await reader.read()).toMatchObject({ tag: 'b2' });
  });

  test('and all others together have a limit', async () => {
    const { reader, send } = open({ ...LIMITS_AFTER_LOGIN, command: 10_000 });
    await send(`a1 X ${'{0+}\r\n '.repeat(1000)}\r\nb1 NOOP\r\n`);
    expect(await failure(reader.read())).toMatchObject({ tag: 'a1', code: 'TOOBIG' });
    expect(await reader.read()).toMatchObject({ tag: 'b1' });
  });
});

describe('a line', () => {
  test('has a limit, to the octet', async () => {
    const { reader, send } = open({ ...LIMITS_AFTER_LOGIN, line: 10 });
    await send('a1 NOOP 90\r\na2 NOOP 901\r\na3 NOOP\r\n');
    expect(await reader.read()).toMatchObject({ tag: 'a1' });
    expect(await failure(reader.read())).toMatchObject({ tag: 'a2', fatal: false, code: 'TOOBIG' });
    expect(await reader.read()).toMatchObject({ tag: 'a3' });
  });

  test('of 1 MB is thrown away as it comes', async () => {
    const { reader, send } = open();
    const reading = failure(reader.read());
    await send('a1 SEARCH ');
    for (let i = 0; i < 16; i++) await send('x'.repeat(65_536));
    await send(' {5+}\r\nab\r\nc more\r\na2 NOOP\r\n');
    expect(await reading).toMatchObject({ tag: 'a1', fatal: false });
    expect(await reader.read()).toMatchObject({ tag: 'a2' });
  });

  test('without end is the end', async () => {
    const { reader, send } = open(LIMITS_BEFORE_LOGIN);
    const reading = failure(reader.read());
    for (let i = 0; i < 10; i++) await send('x'.repeat(10_000));
    expect(await reading).toMatchObject({ fatal: true });
  });

  test('that is no command is read as it is, and can be given back', async () => {
    const { reader, send } = open();
    await send('DONE\r\na2 NOOP\r\n');
    expect(await reader.readLine()).toBe('DONE');
    const line = (await reader.readLine()) as string;
    reader.unread(line);
    expect(await reader.read()).toMatchObject({ tag: 'a2', name: 'NOOP' });
  });

  test('that is no command has the same limit', async () => {
    const { reader, send } = open({ ...LIMITS_AFTER_LOGIN, line: 10 });
    await send('x'.repeat(20));
    expect(await failure(reader.readLine())).toMatchObject({ fatal: true });
  });
});

describe('a message', () => {
  test('is streamed, and what follows it read', async () => {
    const { reader, send, continuations } = open();
    const reading = reader.read();
    await send('a1 APPEND {5}\r\n');
    await send('INBOX (\\Seen) {10}\r\n');
    const command = (await reading) as Command;
    expect(command).toMatchObject({ name: 'APPEND', literal: { size: 10, binary: false, synchronizing: true } });
    expect(continuations()).toBe(1);
    command.scanner.space();
    expect(command.scanner.mailbox()).toBe('INBOX');
    command.scanner.space();
    expect(command.scanner.flagList()).toEqual(['\\Seen']);
    command.scanner.space();
    expect(command.scanner.messageLiteral()).toBe(command.literal);
    command.scanner.end();
    const octets = text(reader.openLiteral());
    expect(continuations()).toBe(2);
    await send('0123');
    await send('4\r\n789 ~{3+}\r\nab\0\r\nb1 NOOP\r\n');
    expect(await octets).toBe('01234\r\n789');
    const second = await reader.nextPart();
    expect(second.literal).toEqual({ size: 3, binary: true, synchronizing: false });
    expect(await text(reader.openLiteral())).toBe('ab\0');
    const last = await reader.nextPart();
    expect(last).toMatchObject({ literal: null });
    expect(last.scanner.atEnd).toBe(true);
    expect(continuations()).toBe(2);
    expect(await reader.read()).toMatchObject({ tag: 'b1' });
  });

  test('may be empty', async () => {
    const { reader, send } = open();
    await send('a1 APPEND x {0+}\r\n\r\n');
    await reader.read();
    expect(await text(reader.openLiteral())).toBe('');
    expect((await reader.nextPart()).scanner.atEnd).toBe(true);
  });

  test('that waits and was not opened is never sent', async () => {
    const { reader, send, continuations } = open();
    await send('a1 APPEND x {1000}\r\na2 NOOP\r\n');
    await reader.read();
    expect(await reader.read()).toMatchObject({ tag: 'a2' });
    expect(continuations()).toBe(0);
  });

  test('that was not opened but comes is thrown away with the rest', async () => {
    const { reader, send } = open();
    await send(`a1 APPEND x {9+}\r\nb1 NOOP\r\n (\\Seen) {9+}\r\nb2 NOOP\r\n {500}\r\na2 NOOP\r\n`);
    await reader.read();
    expect(await reader.read()).toMatchObject({ tag: 'a2' });
  });

  test('given up in the middle is thrown away to its end', async () => {
    const { reader, send } = open({ ...LIMITS_AFTER_LOGIN, discard: 10 });
    await send('a1 APPEND x {2000}\r\n');
    await reader.read();
    const octets = reader.openLiteral()[Symbol.asyncIterator]();
    await send('x'.repeat(500));
    expect((await octets.next()).value).toHaveLength(500);
    await octets.return?.();
    const next = reader.read();
    await send(`${'x'.repeat(1500)}\r\na2 NOOP\r\n`);
    expect(await next).toMatchObject({ tag: 'a2' });
  });

  test('that is not read before the next part is thrown away', async () => {
    const { reader, send } = open();
    await send('a1 APPEND x {5+}\r\n12345\r\na2 NOOP\r\n');
    await reader.read();
    const octets = reader.openLiteral();
    expect((await reader.nextPart()).scanner.atEnd).toBe(true);
    expect(await text(octets)).toBe('');
    expect(await reader.read()).toMatchObject({ tag: 'a2' });
  });

  test('too big to be thrown away is the end', async () => {
    const { reader, send } = open({ ...LIMITS_AFTER_LOGIN, discard: 1000 });
    await send('a1 APPEND x {1001+}\r\n');
    await reader.read();
    expect(await failure(reader.read())).toMatchObject({ tag: 'a1', fatal: true, code: 'TOOBIG' });
  });

  test('of which the client loses interest is an error', async () => {
    const { reader, source, send } = open();
    await send('a1 APPEND x {10+}\r\n12345');
    await reader.read();
    const octets = text(reader.openLiteral());
    source.end();
    await expect(octets).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(reader.nextPart()).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('in a part that is too long is refused under the tag of the command', async () => {
    const { reader, send } = open({ ...LIMITS_AFTER_LOGIN, line: 30 });
    await send(`a1 APPEND x {5+}\r\n12345x ${'y'.repeat(40)}\r\na2 NOOP\r\n`);
    await reader.read();
    await text(reader.openLiteral());
    expect(await failure(reader.nextPart())).toMatchObject({ tag: 'a1', code: 'TOOBIG', fatal: false });
    expect(await reader.read()).toMatchObject({ tag: 'a2' });
  });

  test('is there once', async () => {
    const { reader, send } = open();
    await send('a1 NOOP\r\na2 APPEND x {5+}\r\n12345\r\n');
    await reader.read();
    expect(() => reader.openLiteral()).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    await expect(reader.nextPart()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await reader.read();
    reader.openLiteral();
    expect(() => reader.openLiteral()).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  test('of 10 MB takes no memory to speak of', async () => {
    const { reader, source, send } = open();
    await send(`a1 APPEND x {${10 << 20}+}\r\n`);
    await reader.read();
    const chunk = Buffer.alloc(1 << 16, 'x');
    let received = 0;
    const reading = (async () => {
      for await (const octets of reader.openLiteral()) received += octets.length;
    })();
    for (let i = 0; i < 160; i++) {
      source.write(chunk);
      await nextTurn();
    }
    await reading;
    expect(received).toBe(10 << 20);
  });
});

describe('however it is cut', () => {
  const argument = fc.string({
    unit: fc.constantFrom('a', ' ', '"', '\r', '\n', '{', '}', '\xe9', '1'),
    maxLength: 10,
  });
  const command = fc.record({
    name: fc.constantFrom('NOOP', 'LOGIN', 'APPEND'),
    args: fc.array(argument, { minLength: 1, maxLength: 3 }),
  });
  type Sent = { name: string; args: string[] };

  const wire = (commands: readonly Sent[]): string =>
    commands
      .map(({ name, args }, i) => `t${i} ${name}${args.map((a) => ` {${a.length}+}\r\n${a}`).join('')}\r\n`)
      .join('');

  async function readAll(reader: CommandReader): Promise<Sent[]> {
    const found: Sent[] = [];
    for (;;) {
      const next = await reader.read();
      if (next === null) return found;
      const { scanner, name } = next;
      const args: string[] = [];
      let literal = next.literal;
      while (scanner.trySpace()) {
        if (scanner.peek() === '{' && literal !== null && args.length === 1) break;
        args.push(scanner.astring());
      }
      while (literal !== null) {
        args.push(await text(reader.openLiteral()));
        literal = (await reader.nextPart()).literal;
      }
      found.push({ name, args });
    }
  }

  test('the commands are the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (commands, sizes) => {
          const source = new PassThrough({ highWaterMark: 1 << 20 });
          const reader = new CommandReader(new ConnectionInput(source), {
            limits: LIMITS_AFTER_LOGIN,
            continuation: () => {},
          });
          const octets = Buffer.from(wire(commands), 'latin1');
          for (let at = 0, i = 0; at < octets.length; i++) {
            const size = sizes[i % sizes.length] as number;
            source.write(octets.subarray(at, at + size));
            at += size;
          }
          source.end();
          expect(await readAll(reader)).toEqual(commands);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('rubbish raises CommandError only, and ends', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'a1 ',
        'NOOP',
        'APPEND x ',
        '{3}',
        '{3+}',
        '~{1+}',
        '\r\n',
        '\n',
        '\r',
        'UID ',
        '{9999999+}',
        '"',
      ),
      fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        const { reader, source } = open({ line: 40, literal: 8, command: 100, discard: 200 });
        source.end(Buffer.from(pieces.join(''), 'latin1'));
        for (let i = 0; i < 1000; i++) {
          try {
            if ((await reader.read()) === null) return;
          } catch (error) {
            expect(error).toBeInstanceOf(CommandError);
            if ((error as CommandError).fatal) return;
          }
        }
        expect.unreachable();
      }),
      { numRuns: 500 },
    );
  });
});

test('a command of many literals takes as much longer as it is longer', async () => {
  const limits = { ...LIMITS_AFTER_LOGIN, command: 1 << 26 };
  const take = async (literals: number): Promise<number> => {
    const octets = Buffer.from(`a1 X${' {1+}\r\nx'.repeat(literals)}\r\n`);
    return measure(
      async () => {
        const { reader, send } = open(limits);
        await send(octets);
        expect((await reader.read())?.name).toBe('X');
      },
      octets,
      5,
    );
  };
  const few = await take(4_000);
  // Eight times as much; its square would be 64 times.
  expect(await take(32_000)).toBeLessThan(24 * few);
});

test('100,000 pipelined commands are read without waiting', async () => {
  const { reader, send } = open();
  await send('a1 UID FETCH 1:* (FLAGS)\r\n'.repeat(100));
  for (let i = 0; i < 100; i++) expect(reader.take()).not.toBeNull();
  const started = performance.now();
  let count = 0;
  for (let batch = 0; batch < 50; batch++) {
    const sending = send('a1 UID FETCH 1:* (FLAGS)\r\n'.repeat(2000));
    while (count < (batch + 1) * 2000) {
      await reader.read();
      count++;
    }
    await sending;
  }
  expect(performance.now() - started).toBeLessThan(15_000);
});
