/** mutt: opens the mailbox and shows what is in it. */

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled, NAME, PASSWORD, runProgram, startServer, type TestServer } from './server.ts';

// mutt wants a terminal, which `script` pretends to be.
const isReady = [isInstalled('mutt'), isInstalled('script'), isInstalled('curl')].every(Boolean);

describe.skipIf(!isReady)('mutt', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  test('lists a message, saves it to another mailbox and leaves', async () => {
    const url = `imap://127.0.0.1:${server.imap}`;
    const file = path.join(server.folder, 'message.eml');
    await writeFile(file, 'Subject: seen by mutt\r\nFrom: Ann <ann@example.org>\r\n\r\nhello\r\n');
    await runProgram('curl', ['-sS', '-u', `${NAME}:${PASSWORD}`, `${url}/INBOX`, '-T', file]);
    const place = `imap://${NAME}:${PASSWORD}@127.0.0.1:${server.imap}/INBOX`;
    const push = `push <save-message><kill-line>=Archive<enter><quit>`;
    const settings = `set ssl_starttls=no ssl_force_tls=no confirmappend=no confirmcreate=no delete=yes quit=yes folder=imap://${NAME}:${PASSWORD}@127.0.0.1:${server.imap}/`;
    const line = `mutt -n -F /dev/null -e '${settings}' -e '${push}' -f '${place}'`;
    const env = { TERM: 'xterm', HOME: server.folder, COLUMNS: '120', LINES: '40' };
    const screen = await runProgram('script', ['-qec', line, '/dev/null'], { env });
    expect(screen).toContain('seen by mutt');
    const list = (mailbox: string): Promise<string> =>
      runProgram('curl', ['-sS', '-u', `${NAME}:${PASSWORD}`, `${url}/${mailbox}?ALL`]);
    expect([await list('INBOX'), await list('Archive')]).toEqual(['* SEARCH\r\n', '* SEARCH 1\r\n']);
  });
});
