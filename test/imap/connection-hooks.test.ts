/** The hooks of a connection: one that may refuse it, one that hears of its end, once. */

import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ImapServerOptions, ImapSessionInfo } from '../../src/imap/index.ts';
import { type ImapFixture, startImap } from './imap-fixture.ts';
import { LineClient } from './line-client.ts';

const REFUSED = '* BYE This connection is refused';

let fixture: ImapFixture | undefined;
afterEach(async () => {
  await fixture?.[Symbol.asyncDispose]();
  fixture = undefined;
});

/** A server whose closed connections are gathered. */
async function start(options: ImapServerOptions): Promise<{ started: ImapFixture; closed: ImapSessionInfo[] }> {
  const closed: ImapSessionInfo[] = [];
  fixture = await startImap({ onClose: (session) => void closed.push(session), ...options });
  return { started: fixture, closed };
}

/** Everything that a new connection is told before it is closed. */
async function toldUntilClosed(port: number): Promise<(string | null)[]> {
  const client = new LineClient(port);
  const lines: (string | null)[] = [];
  do lines.push(await client.line());
  while (lines.at(-1) !== null);
  return lines;
}

async function expectClosed(closed: readonly unknown[], count: number): Promise<void> {
  await vi.waitFor(() => expect(closed).toHaveLength(count));
  await delay(20);
  expect(closed).toHaveLength(count);
}

describe('onConnect', () => {
  test('is asked with the address, before the greeting, and says nothing to admit', async () => {
    const asked: ImapSessionInfo[] = [];
    const { started, closed } = await start({ onConnect: (session) => void asked.push(session) });
    const client = await started.login(await started.account());
    expect(asked).toEqual([{ id: expect.any(Number), remoteAddress: '127.0.0.1', secure: false, accountName: null }]);
    expect((await client.run('a', 'NOOP')).at(-1)).toBe('a OK Nothing done');
    await client.run('b', 'LOGOUT');
    await expectClosed(closed, 1);
    expect(closed[0]).toMatchObject({ id: asked[0]?.id, accountName: expect.stringMatching(/^account/) });
  });

  test('refuses by address', async () => {
    const { started, closed } = await start({ onConnect: ({ remoteAddress }) => !remoteAddress.startsWith('127.') });
    expect(await toldUntilClosed(started.port)).toEqual([REFUSED, null]);
    await expectClosed(closed, 1);
  });

  test('may take its time; what the client sends meanwhile is run afterwards', async () => {
    let admit: (admitted: boolean) => void = () => undefined;
    const { started } = await start({ onConnect: () => new Promise<boolean>((resolve) => (admit = resolve)) });
    const client = new LineClient(started.port);
    client.send('a NOOP\r\n');
    await delay(30);
    expect(client.buffer).toBe('');
    admit(true);
    expect(await client.line()).toMatch(/^\* OK \[CAPABILITY /);
    expect(await client.line()).toBe('a OK Nothing done');
    client.destroy();
  });

  test('refuses after a while', async () => {
    const { started, closed } = await start({ onConnect: () => delay(10, false) });
    expect(await toldUntilClosed(started.port)).toEqual([REFUSED, null]);
    await expectClosed(closed, 1);
  });

  for (const [how, onConnect] of [
    [
      'throws',
      () => {
        throw new Error('no list of addresses');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no list of addresses'))],
  ] as const) {
    test(`that ${how} refuses, and the error is logged but not told`, async () => {
      const error = vi.fn();
      const logger = { info: () => undefined, warn: () => undefined, error };
      const { started, closed } = await start({ onConnect, logger });
      expect(await toldUntilClosed(started.port)).toEqual([REFUSED, null]);
      expect(error).toHaveBeenCalledOnce();
      await expectClosed(closed, 1);
    });
  }

  test('is waited for no longer than a login is', async () => {
    const { started, closed } = await start({
      onConnect: () => new Promise<boolean>(() => undefined),
      limits: { loginTimeoutMs: 30 },
    });
    expect(await toldUntilClosed(started.port)).toEqual(['* BYE Login took too long', null]);
    await expectClosed(closed, 1);
  });

  test('is left alone with a client that is gone', async () => {
    const { started, closed } = await start({ onConnect: () => delay(40, true) });
    const client = new LineClient(started.port);
    await delay(10);
    client.destroy();
    await expectClosed(closed, 1);
    expect(started.imap.connections).toBe(0);
  });
});

describe('onClose is called once', () => {
  test('when the client vanishes in the middle of a command', async () => {
    const { started, closed } = await start({});
    const client = await started.login(await started.account());
    client.send('a APPEND INBOX {100+}\r\nSubject: ');
    await delay(10);
    client.socket.resetAndDestroy();
    await expectClosed(closed, 1);
  });

  test('when the server ends with a client in IDLE', async () => {
    const { started, closed } = await start({});
    const client = await started.login(await started.account());
    client.send('a IDLE\r\n');
    await client.line();
    await started.imap.close();
    await expectClosed(closed, 1);
  });

  test('and what it throws is logged, nothing more', async () => {
    const error = vi.fn();
    const { started } = await start({
      onClose: () => {
        throw new Error('the other side is away');
      },
      logger: { info: () => undefined, warn: () => undefined, error },
    });
    const client = await started.connect();
    client.destroy();
    await vi.waitFor(() => expect(error).toHaveBeenCalledOnce());
    expect((await (await started.connect()).run('a', 'NOOP')).at(-1)).toBe('a OK Nothing done');
  });
});
