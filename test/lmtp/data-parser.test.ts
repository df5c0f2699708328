import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataParser } from '../../src/lmtp/data-parser.ts';

/** What a message is on the wire, by RFC 5321 section 4.5.2 word for word: lines end in CRLF, first dots are doubled. */
const stuff = (message: string): string => message.replace(/(^|\r\n)\./g, '$1..');

/** Feeds DATA and `wire` in pieces; resolves with the message and the command lines after it. */
async function parse(wire: string, cuts: readonly number[]): Promise<{ message: string; commands: string[] }> {
  const parser = new DataParser();
  const commands: string[] = [];
  let message: Promise<string> | null = null;
  parser.oncommand = (command, callback) => {
    if (command.toString() === 'DATA') {
      const stream = parser.startDataMode();
      message = (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk as Buffer);
        parser.continue();
        return Buffer.concat(chunks).toString('latin1');
      })();
    } else {
      commands.push(command.toString('latin1'));
    }
    callback?.();
  };
  const octets = Buffer.from(`DATA\r\n${wire}`, 'latin1');
  const points = [...new Set(cuts.map((cut) => cut % (octets.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...points, octets.length]) {
    if (to > from) parser.write(octets.subarray(from, to));
    from = to;
  }
  const result = await message!;
  parser.end();
  await once(parser, 'finish');
  return { message: result, commands };
}

describe('DataParser', () => {
  test.each([
    ['', ''],
    ['a\r\n', 'a\r\n'],
    ['..\r\n', '.\r\n'],
    ['...\r\n', '..\r\n'],
    ['.a\r\n', 'a\r\n'],
    ['a\r\n..\r\n', 'a\r\n.\r\n'],
    ['a\r\n..b\r\n', 'a\r\n.b\r\n'],
    ['a\r\n.b\r\n', 'a\r\nb\r\n'],
    // A bare CR or LF ends no line: the dots stay, and nothing ends here.
    ['a\n.\nb\r\n', 'a\n.\nb\r\n'],
    ['a\n..b\r\n', 'a\n..b\r\n'],
    ['a\n.\r\nb\r\n', 'a\n.\r\nb\r\n'],
    ['a\r.\r\nb\r\n', 'a\r.\r\nb\r\n'],
    ['a\r\n.\nb\r\n', 'a\r\n\nb\r\n'],
    ['a\r\n.\rb\r\n', 'a\r\n\rb\r\n'],
    ['.\nb\r\n', '\nb\r\n'],
    ['a\r\r\n\n\r\r\n', 'a\r\r\n\n\r\r\n'],
    ['\u0000\u00ff\r\n', '\u0000\u00ff\r\n'],
  ])('%j is %j, wherever it is cut', async (wire, message) => {
    const whole = `${wire}.\r\nNOOP\r\n`;
    for (let cut = 0; cut <= whole.length + 6; cut++) {
      expect(await parse(whole, [cut])).toEqual({ message, commands: ['NOOP'] });
    }
    expect(
      await parse(
        whole,
        Array.from({ length: 60 }, (_, i) => i),
      ),
    ).toEqual({ message, commands: ['NOOP'] });
  });

  test('gives any message back that was sent by the rules, however it is cut', async () => {
    const piece = fc.constantFrom(
      '.',
      '..',
      '\r',
      '\n',
      '\r\n',
      '\r\n.',
      '\r\n..',
      '.\r\n',
      '\n.\n',
      'a',
      'bc',
      '\u0000',
      '\u00ff',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 10 }),
        async (pieces, cuts) => {
          const message = `${pieces.join('')}\r\n`;
          expect(await parse(`${stuff(message)}.\r\nQUIT\r\n`, cuts)).toEqual({ message, commands: ['QUIT'] });
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('counts the octets of the message', async () => {
    const parser = new DataParser();
    parser.oncommand = (_command, callback) => callback?.();
    const stream = parser.startDataMode(5);
    stream.resume();
    parser.write(Buffer.from('..23\r\n.\r\n'));
    await once(stream, 'end');
    expect(parser.dataBytes).toBe(5);
    expect(stream.sizeExceeded).toBe(false);
  });

  test('reads a message of nothing but dotted lines without delay', async () => {
    const lines = 200_000;
    const begin = performance.now();
    const { message } = await parse(`${'..\r\n'.repeat(lines)}.\r\n`, [1, 65_536, 131_072]);
    expect(message.length).toBe(3 * lines);
    expect(performance.now() - begin).toBeLessThan(20_000);
  });
});
