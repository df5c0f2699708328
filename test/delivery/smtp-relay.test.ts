/** The relay beside a mail transfer agent that takes, refuses, hangs and dies. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SendError } from '../../src/delivery/send-error.ts';
import { type SmtpRelayOptions, smtpRelay } from '../../src/delivery/smtp-relay.ts';
import type { OutgoingMail } from '../../src/model/outgoing-mail.ts';
import { CERTIFICATE, KEY } from '../net/certificate.ts';

const MESSAGE = 'From: ann@example.org\r\nSubject: hello\r\n\r\n.one\r\n..two\r\nend\r\n';

interface Taken {
  readonly from: string;
  readonly to: readonly string[];
  readonly parameters: readonly string[];
  readonly octets: Buffer;
  readonly secure: boolean;
  readonly user: unknown;
}

/** A server, and what it has taken. */
async function startServer(options: SMTPServerOptions = {}): Promise<{ port: number; taken: Taken[] }> {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    key: KEY,
    cert: CERTIFICATE,
    disabledCommands: ['AUTH', 'STARTTLS'],
    hideENHANCEDSTATUSCODES: false,
    hideDSN: false,
    size: 100_000_000,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const args = mailFrom ? mailFrom.args || {} : {};
        taken.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          parameters: [...Object.keys(args), ...rcptTo.flatMap((one) => Object.keys(one.args || {}))],
          octets: Buffer.concat(chunks),
          secure: session.secure,
          user: session.user,
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, taken };
}

/** A server that says what the test says. */
async function startScript(talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    talk(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function mail(more: Partial<OutgoingMail> = {}, message: string | Buffer = MESSAGE): OutgoingMail {
  const octets = Buffer.from(message);
  return {
    id: '1',
    kind: 'forward',
    account: 'a',
    from: 'ann@example.org',
    to: 'bob@example.net',
    size: octets.length,
    smtpUtf8: false,
    async *read() {
      for (let at = 0; at < octets.length; at += 65_536) yield new Uint8Array(octets.subarray(at, at + 65_536));
    },
    ...more,
  };
}

const send = (
  options: Partial<SmtpRelayOptions>,
  what = mail(),
  signal = new AbortController().signal,
): Promise<void> => smtpRelay({ host: '127.0.0.1', tls: 'off', name: 'mx.example.org', ...options })(what, signal);

/** `permanent` or `temporary`, and the answer of the server. */
async function failure(...args: Parameters<typeof send>): Promise<string> {
  const error = await send(...args).then(
    () => new Error('sent'),
    (reason: SendError) => reason,
  );
  const { permanent, reply } = error as SendError;
  return `${permanent === true ? 'permanent' : 'temporary'} ${reply ?? error.message}`;
}

/** Makes the server answer one step with a code. */
const refuse = (step: 'onConnect' | 'onMailFrom' | 'onRcptTo' | 'onData', responseCode: number): SMTPServerOptions => {
  const error = Object.assign(new Error('5.7.1 not here'), { responseCode });
  if (step === 'onData') {
    return {
      onData: (stream, _, done) => {
        stream.resume();
        stream.on('end', () => done(error));
      },
    };
  }
  return { [step]: (...args: unknown[]) => (args.at(-1) as (reason: Error) => void)(error) };
};

test('a message comes over octet by octet, with its envelope', async () => {
  const { port, taken } = await startServer();
  await send({ port });
  expect(taken).toHaveLength(1);
  expect(taken[0]?.octets.toString()).toBe(MESSAGE);
  expect(taken[0]).toMatchObject({ from: 'ann@example.org', to: ['bob@example.net'], secure: false });
  expect(taken[0]?.parameters).toEqual(expect.arrayContaining(['SIZE', 'BODY']));
  expect(taken[0]?.parameters).not.toContain('SMTPUTF8');
});

test('any octets, line ends and sizes come over as SMTP has them', async () => {
  const { port, taken } = await startServer();
  const line = `${'x'.repeat(70)}\xff\xfe\r\n`;
  const large = Buffer.from(`Subject: x\r\n\r\n${line.repeat(200_000)}`, 'latin1');
  await send({ port }, mail({}, large));
  expect(taken[0]?.octets.equals(large)).toBe(true);
  await send({ port }, mail({}, 'Subject: x\n\nbare\rcr\n.\n.dot'));
  expect(taken[1]?.octets.toString()).toBe('Subject: x\r\n\r\nbare\r\ncr\r\n.\r\n.dot\r\n');
});

test('a reply goes without a reverse path, and nobody is told of it', async () => {
  const { port, taken } = await startServer();
  await send({ port }, mail({ kind: 'autoReply', from: '' }));
  expect(taken[0]).toMatchObject({ from: '', to: ['bob@example.net'] });
  expect(taken[0]?.parameters).toContain('NOTIFY');
});

describe('addresses of other scripts', () => {
  test('go by SMTPUTF8, in ASCII where that is possible', async () => {
    const { port, taken } = await startServer();
    await send({ port }, mail({ to: 'jürgen@bücher.example' }));
    await send({ port }, mail({ from: 'δοκιμή@example.org' }));
    await send({ port }, mail({ from: 'j@bücher.example', to: 'b@bücher.example' }));
    expect(taken.map(({ from, to, parameters }) => [from, to[0], parameters.includes('SMTPUTF8')])).toEqual([
      ['ann@example.org', expect.stringMatching(/^jürgen@/), true],
      ['δοκιμή@example.org', 'bob@example.net', true],
      // The server shows A-labels as Unicode; without SMTPUTF8 they came as such.
      ['j@bücher.example', 'b@bücher.example', false],
    ]);
  });

  test('are refused for good where the server does not know it, and nothing was sent', async () => {
    const { port, taken } = await startServer({ hideSMTPUTF8: true });
    expect(await failure({ port }, mail({ to: 'jürgen@bücher.example' }))).toMatch(
      /^permanent the server does not take/,
    );
    await send({ port }, mail({ to: 'b@bücher.example', smtpUtf8: true }, 'Subject: Ünicode\r\n\r\nx\r\n'));
    expect(taken.map(({ octets }) => octets.toString())).toEqual(['Subject: Ünicode\r\n\r\nx\r\n']);
  });
});

describe('a refusal', () => {
  test.each([
    ['onMailFrom', 550, 'permanent 550 5.7.1 not here'],
    ['onRcptTo', 550, 'permanent 550 5.7.1 not here'],
    ['onData', 554, 'permanent 554 5.7.1 not here'],
    ['onMailFrom', 451, 'temporary 451 5.7.1 not here'],
    ['onRcptTo', 450, 'temporary 450 5.7.1 not here'],
    ['onData', 452, 'temporary 452 5.7.1 not here'],
    ['onRcptTo', 421, 'temporary 421 5.7.1 not here'],
    // It speaks of us: the message can go when that is put right.
    ['onMailFrom', 530, 'temporary 530 5.7.1 not here'],
    ['onConnect', 554, 'temporary 554 5.7.1 not here'],
  ] as const)('of %s by %s', async (step, code, outcome) => {
    const { port, taken } = await startServer(refuse(step, code));
    expect((await failure({ port })).replace(/(\d{3}) \d\.\d\.\d (?=5\.7\.1)/, '$1 ')).toBe(outcome);
    expect(taken).toEqual([]);
  });

  test('of the size is known before it is sent', async () => {
    const { port, taken } = await startServer({ size: 1_000 });
    expect(await failure({ port }, mail({}, `Subject: x\r\n\r\n${'x'.repeat(2_000)}\r\n`))).toMatch(
      /^permanent .*larger/,
    );
    expect(taken).toEqual([]);
  });

  test('is one line, however long it was', async () => {
    const port = await startScript((socket) => {
      socket.write('220 hello\r\n');
      socket.on('data', () => socket.write(`550-${'x'.repeat(3_000)}\r\n550 \x07end\r\n`));
    });
    const outcome = await failure({ port });
    expect(outcome).toMatch(/^temporary 550-x+$/);
    expect(outcome.length).toBeLessThan(600);
  });
});

describe('a server that is not well', () => {
  test('is not there', async () => {
    const port = await startScript(() => {});
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const free = (probe.address() as AddressInfo).port;
    probe.close();
    await once(probe, 'close');
    expect(free).not.toBe(port);
    expect(await failure({ port: free })).toMatch(/^temporary .*ECONNREFUSED/);
  });

  test.each([
    ['says nothing', (_: Socket) => {}],
    ['hangs after its greeting', (socket: Socket) => void socket.write('220 hello\r\n')],
    ['takes the message and says nothing', dialogue({ '.': '' })],
  ])('%s', async (_, talk) => {
    const port = await startScript(talk);
    const started = Date.now();
    expect(await failure({ port, replyMs: 300 })).toMatch(/^temporary /);
    expect(Date.now() - started).toBeLessThan(30_000);
  });

  test.each([
    ['closes at once', (socket: Socket) => void socket.end()],
    ['closes within the message', dialogue({ DATA: '354 go\r\n', afterData: 'close' })],
    ['closes instead of an answer to the message', dialogue({ '.': 'close' })],
    ['talks nonsense', (socket: Socket) => void socket.write('hello\r\n')],
    ['floods', (socket: Socket) => void socket.write(`220-${'x'.repeat(200_000)}`)],
  ])('%s', async (_, talk) => {
    const port = await startScript(talk);
    expect(await failure({ port, replyMs: 2_000 })).toMatch(/^temporary /);
  });

  test('drips for ever', async () => {
    const port = await startScript((socket) => {
      const timer = setInterval(() => socket.write('220-x\r\n'), 50);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await failure({ port, messageMs: 400 })).toBe('temporary it takes too long');
  });
});

test('a message that cannot be read to its end does not arrive, not even in part', async () => {
  const { port, taken } = await startServer();
  const broken = mail({
    async *read() {
      yield Buffer.from(MESSAGE);
      throw new Error('the disk is gone');
    },
  });
  expect(await failure({ port }, broken)).toMatch(/^temporary .*the disk is gone/);
  await send({ port });
  expect(taken).toHaveLength(1);
});

test('what is stopped ends at once', async () => {
  const port = await startScript(() => {});
  const controller = new AbortController();
  const sending = send({ port }, mail(), controller.signal);
  setTimeout(() => controller.abort(), 50);
  await expect(sending).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(send({ port }, mail(), AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
});

describe('TLS', () => {
  const AUTHORITY = { tlsOptions: { ca: CERTIFICATE } };

  test('is used where it is offered, required, or first', async () => {
    const offering = await startServer({ disabledCommands: ['AUTH'] });
    await send({ port: offering.port, tls: 'offered', host: 'localhost', ...AUTHORITY });
    await send({ port: offering.port, tls: 'required', ...AUTHORITY });
    await send({ port: offering.port, tls: 'off' });
    expect(offering.taken.map(({ secure }) => secure)).toEqual([true, true, false]);
    const first = await startServer({ secure: true });
    await send({ port: first.port, tls: 'first', ...AUTHORITY });
    expect(first.taken.map(({ secure }) => secure)).toEqual([true]);
    const without = await startServer();
    await send({ port: without.port, tls: 'offered' });
    expect(await failure({ port: without.port, tls: 'required' })).toMatch(/^temporary /);
    expect(without.taken.map(({ secure }) => secure)).toEqual([false]);
  });

  test('ends where the certificate cannot be verified', async () => {
    const { port, taken } = await startServer({ disabledCommands: ['AUTH'] });
    for (const tls of ['offered', 'required'] as const)
      expect(await failure({ port, tls })).toMatch(/^temporary .*certificate/);
    expect(
      await failure({ port, tls: 'required', tlsOptions: { ca: CERTIFICATE, servername: 'other.example' } }),
    ).toMatch(/^temporary .*(?:altnames|certificate)/);
    expect(taken).toEqual([]);
  });

  test('takes no answer that came before it', async () => {
    const port = await startScript((socket) => {
      socket.write('220 hello\r\n');
      socket.on('data', (octets) => {
        const text = octets.toString();
        if (text.startsWith('EHLO')) socket.write('250-x\r\n250 STARTTLS\r\n');
        if (text.startsWith('STARTTLS')) socket.write('220 go\r\n250-x\r\n250 AUTH PLAIN\r\n');
      });
    });
    expect(await failure({ port, tls: 'required', replyMs: 1_000, connectMs: 1_000, ...AUTHORITY })).toMatch(
      /^temporary /,
    );
  });
});

describe('a password', () => {
  const auth = { user: 'eider', password: 'secret' };
  const login: SMTPServerOptions = {
    disabledCommands: [],
    onAuth: ({ username, password }, _, done) =>
      password === 'secret'
        ? done(null, { user: username })
        : done(Object.assign(new Error('no'), { responseCode: 535 })),
  };

  test('is told over TLS', async () => {
    const { port, taken } = await startServer(login);
    await send({ port, auth, tls: 'required', tlsOptions: { ca: CERTIFICATE } });
    expect(taken).toMatchObject([{ user: 'eider', secure: true }]);
    const wrong = { port, auth: { ...auth, password: 'x' }, tls: 'required', tlsOptions: { ca: CERTIFICATE } } as const;
    expect(await failure(wrong)).toMatch(/^temporary 535/);
  });

  test('goes to no other host in the clear', async () => {
    for (const tls of ['off', 'offered'] as const) {
      expect(() => smtpRelay({ host: 'mail.example.org', auth, tls })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    }
    for (const tls of [undefined, 'required', 'first'] as const) {
      expect(smtpRelay({ host: 'mail.example.org', auth, ...(tls && { tls }) })).toBeTypeOf('function');
    }
  });
});

/** A server that answers commands by their first word; `close` instead of an answer. */
function dialogue(answers: Readonly<Record<string, string>>): (socket: Socket) => void {
  return (socket) => {
    let data = false;
    const answer = (text: string): void => {
      if (text === 'close') socket.destroy();
      else if (text !== '') socket.write(text);
    };
    socket.write('220 hello\r\n');
    socket.on('data', (octets) => {
      for (const line of octets
        .toString()
        .split('\r\n')
        .filter((one) => one !== '')) {
        if (data && answers.afterData) return answer(answers.afterData);
        if (data && line !== '.') continue;
        const word = line.split(/[ :]/, 1)[0] as string;
        const usual: Record<string, string> = { DATA: '354 go\r\n', QUIT: '221 bye\r\n' };
        data = word === 'DATA';
        answer(answers[word] ?? usual[word] ?? '250 fine\r\n');
      }
    });
  };
}

test('the scripted server is one that takes mail when it is left to', async () => {
  const port = await startScript(dialogue({}));
  await send({ port });
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'data');
  socket.destroy();
});
