/** mbsync: a Maildir and the server are made equal, both ways. */

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled, NAME, PASSWORD, runProgram, startServer, type TestServer } from './server.ts';

describe.skipIf(!isInstalled('mbsync'))('mbsync', () => {
  let server: TestServer;
  let mail: string;
  let rules: string;
  beforeAll(async () => {
    server = await startServer();
    mail = path.join(server.folder, 'mail');
    rules = path.join(server.folder, 'mbsyncrc');
    await mkdir(mail);
    const lines = [
      'IMAPAccount eider',
      'Host 127.0.0.1',
      `Port ${server.imap}`,
      `User ${NAME}`,
      `Pass ${PASSWORD}`,
      'SSLType None',
      'AuthMechs LOGIN',
      '',
      'IMAPStore far',
      'Account eider',
      '',
      'MaildirStore near',
      `Path ${mail}/`,
      `Inbox ${mail}/INBOX`,
      'SubFolders Verbatim',
      '',
      'Channel all',
      'Far :far:',
      'Near :near:',
      'Patterns *',
      'Create Both',
      'Expunge Both',
      'SyncState *',
      '',
    ];
    await writeFile(rules, lines.join('\n'));
  });
  afterAll(() => server.stop());

  const sync = (): Promise<string> => runProgram('mbsync', ['-c', rules, '-a'], { env: { HOME: server.folder } });
  const curl = (place: string, ...args: string[]): Promise<string> =>
    runProgram('curl', ['-sS', '-u', `${NAME}:${PASSWORD}`, `imap://127.0.0.1:${server.imap}/${place}`, ...args]);

  test('the mailboxes of an empty account appear', async () => {
    await sync();
    expect((await readdir(mail)).sort()).toEqual(['Archive', 'Drafts', 'INBOX', 'Junk', 'Sent', 'Trash']);
  });

  test('a message put into the Maildir goes up with its flags, and a new mailbox with it', async () => {
    await mkdir(path.join(mail, 'Work', 'new'), { recursive: true });
    await mkdir(path.join(mail, 'Work', 'cur'));
    await mkdir(path.join(mail, 'Work', 'tmp'));
    await writeFile(
      path.join(mail, 'Work', 'cur', '1600000000.M1P1.host:2,FS'),
      'Subject: from the Maildir\n\nhello\n',
    );
    await sync();
    expect(await curl('Work', '-X', 'FETCH 1 (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])')).toContain('* 1 FETCH');
    expect(await curl('Work', '-X', 'SEARCH FLAGGED SEEN')).toBe('* SEARCH 1\r\n');
    expect(await curl('Work;UID=1')).toMatch(/^Subject: from the Maildir\r\n(?:X-TUID: .*\r\n)?\r\nhello\r\n$/);
  });

  test('what changes on the server comes down', async () => {
    const file = path.join(server.folder, 'up.eml');
    await writeFile(file, 'Subject: by the server\r\n\r\nanswer me\r\n');
    await curl('Work', '-T', file);
    await curl('Work', '-X', 'STORE 1 -FLAGS (\\Flagged)');
    await sync();
    const names = [
      ...(await readdir(path.join(mail, 'Work', 'cur'))),
      ...(await readdir(path.join(mail, 'Work', 'new'))),
    ];
    expect(names).toHaveLength(2);
    expect(names.some((name) => name.startsWith('1600000000') && /:2,S$/.test(name))).toBe(true);
    const other = names.find((name) => !name.startsWith('1600000000')) as string;
    const place = await readFile(path.join(mail, 'Work', 'new', other), 'latin1').catch(() =>
      readFile(path.join(mail, 'Work', 'cur', other), 'latin1'),
    );
    expect(place).toContain('answer me');
  });

  test('what is deleted here goes there, and a second run has nothing to do', async () => {
    const cur = path.join(mail, 'Work', 'cur');
    const name = (await readdir(cur)).find((file) => file.startsWith('1600000000')) as string;
    await rename(path.join(cur, name), path.join(cur, `${name}T`));
    await sync();
    expect(await curl('Work', '-X', 'SEARCH ALL')).toBe('* SEARCH 1\r\n');
    await rm(path.join(server.folder, 'up.eml'), { force: true });
    await sync();
    expect(await curl('Work', '-X', 'SEARCH ALL')).toBe('* SEARCH 1\r\n');
  });
});
