/** curl: lists, searches, reads, appends, deletes. */

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled, NAME, PASSWORD, runProgram, startServer, type TestServer } from './server.ts';

describe.skipIf(!isInstalled('curl'))('curl', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  const curl = (place: string, ...args: string[]): Promise<string> =>
    runProgram('curl', ['-sS', '-u', `${NAME}:${PASSWORD}`, `imap://127.0.0.1:${server.imap}/${place}`, ...args]);

  test('lists the mailboxes', async () => {
    expect(await curl('')).toMatch(/^\* LIST \([^)]*\) "\/" "?INBOX"?\r$/m);
  });

  test('appends a message, finds it, and reads the same octets', async () => {
    const file = path.join(server.folder, 'message.eml');
    const message = 'Subject: by curl\r\nFrom: Ann <ann@example.org>\r\n\r\nline one\r\n.\r\nline two\r\n';
    await writeFile(file, message);
    await curl('INBOX', '-T', file);
    expect(await curl('INBOX?SUBJECT%20curl')).toBe('* SEARCH 1\r\n');
    expect(await curl('INBOX;UID=1')).toBe(message);
    expect(await curl('INBOX;UID=1;SECTION=TEXT')).toBe('line one\r\n.\r\nline two\r\n');
  });

  test('deletes it', async () => {
    await curl('INBOX', '-X', 'STORE 1 +FLAGS (\\Deleted)');
    await curl('INBOX', '-X', 'EXPUNGE');
    expect(await curl('INBOX?ALL')).toBe('* SEARCH\r\n');
  });
});
