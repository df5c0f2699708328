/** fetchmail: hands all new mail to a delivery agent, and flags or deletes it. */

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Observer } from './observer.ts';
import { letter, ODD_MAIL } from './odd-mail.ts';
import { isInstalled, NAME, PASSWORD, runProgram, startServer, type TestServer } from './server.ts';

describe.skipIf(!isInstalled('fetchmail'))('fetchmail', () => {
  let server: TestServer;
  let observer: Observer;
  let taken: string;
  beforeAll(async () => {
    server = await startServer();
    observer = await Observer.open(server.imap);
    taken = path.join(server.folder, 'taken');
    await mkdir(taken);
    const agent = path.join(server.folder, 'agent');
    await writeFile(agent, `#!/bin/sh\nexec cat > "$(mktemp ${taken}/XXXXXXXX)"\n`, { mode: 0o755 });
    const rules = [
      'set invisible',
      `poll 127.0.0.1 protocol imap port ${server.imap} auth password`,
      `  user ${NAME} password "${PASSWORD}" is root here`,
      `  sslproto "" no rewrite mda ${agent}`,
      '',
    ];
    await writeFile(path.join(server.folder, 'fetchmailrc'), rules.join('\n'), { mode: 0o600 });
  });
  afterAll(async () => {
    observer?.close();
    await server?.stop();
  });

  const fetchmail = (...options: string[]): Promise<string> =>
    runProgram('fetchmail', ['-v', '-f', path.join(server.folder, 'fetchmailrc'), ...options], {
      env: { HOME: server.folder, FETCHMAILHOME: server.folder },
    });
  const files = async (): Promise<string[]> =>
    (await Promise.all((await readdir(taken)).map((name) => readFile(path.join(taken, name), 'latin1')))).sort();
  const withLf = (octets: string): string => octets.replaceAll('\r\n', '\n');

  test('takes all messages, octet by octet, and flags them as seen', async () => {
    for (const octets of Object.values(ODD_MAIL)) await observer.append('INBOX', octets);
    await fetchmail('--keep');
    expect(await files()).toEqual(Object.values(ODD_MAIL).map(withLf).sort());
    expect((await observer.messages('INBOX')).every(({ flags }) => flags.includes('\\Seen'))).toBe(true);
  });

  test('takes only what is new the next time', async () => {
    await observer.append('INBOX', letter('new'));
    await fetchmail('--keep');
    expect(await files()).toHaveLength(Object.keys(ODD_MAIL).length + 1);
    expect(await files()).toContain(withLf(letter('new')));
  });

  test('deletes what it has taken', async () => {
    await fetchmail('--nokeep', '--all');
    expect(await observer.messages('INBOX')).toEqual([]);
    expect(await files()).toHaveLength(2 * (Object.keys(ODD_MAIL).length + 1));
  });
});
