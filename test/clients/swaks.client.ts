/** swaks: delivers by LMTP. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADDRESS, isInstalled, NAME, PASSWORD, runProgram, startServer, type TestServer } from './server.ts';

describe.skipIf(![isInstalled('swaks'), isInstalled('curl')].every(Boolean))('swaks', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  const swaks = (...args: string[]): Promise<string> =>
    runProgram('swaks', [
      '--protocol',
      'LMTP',
      '--server',
      `127.0.0.1:${server.lmtp}`,
      '--from',
      'bob@example.org',
      ...args,
    ]);

  test('to an address, a +detail of it, and a bare name', async () => {
    for (const to of [ADDRESS, 'ann+lists@example.org', NAME]) {
      expect(await swaks('--to', to, '--header', `Subject: to ${to}`)).toMatch(/250 2\.\d\.\d/);
    }
    const found = await runProgram('curl', [
      '-sS',
      '-u',
      `${NAME}:${PASSWORD}`,
      `imap://127.0.0.1:${server.imap}/INBOX?ALL`,
    ]);
    expect(found).toBe('* SEARCH 1 2 3\r\n');
  });

  test('nobody of that name', async () => {
    await expect(swaks('--to', 'nobody@example.org')).rejects.toThrow(/550 5\.1\.1/);
  });
});
