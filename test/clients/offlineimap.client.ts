/** OfflineIMAP: a tree of Maildirs and the account are made equal, both ways. */

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Observer } from './observer.ts';
import { letter, ODD_MAIL } from './odd-mail.ts';
import { isInstalled, NAME, PASSWORD, runProgram, startServer, type TestServer } from './server.ts';

describe.skipIf(!isInstalled('offlineimap'))('OfflineIMAP', () => {
  let server: TestServer;
  let observer: Observer;
  let mail: string;
  let config: string;
  beforeAll(async () => {
    server = await startServer();
    observer = await Observer.open(server.imap);
    mail = path.join(server.folder, 'mail');
    config = path.join(server.folder, 'offlineimaprc');
    const lines = [
      '[general]',
      'accounts = eider',
      `metadata = ${path.join(server.folder, 'metadata')}`,
      '[Account eider]',
      'localrepository = near',
      'remoterepository = far',
      '[Repository near]',
      'type = Maildir',
      `localfolders = ${mail}`,
      'sync_deletes = yes',
      '[Repository far]',
      'type = IMAP',
      'remotehost = 127.0.0.1',
      `remoteport = ${server.imap}`,
      `remoteuser = ${NAME}`,
      `remotepass = ${PASSWORD}`,
      'ssl = no',
      'starttls = no',
      'auth_mechanisms = PLAIN',
      'sync_deletes = yes',
      'expunge = yes',
      '',
    ];
    await writeFile(config, lines.join('\n'));
  });
  afterAll(async () => {
    observer?.close();
    await server?.stop();
  });

  const sync = (): Promise<string> =>
    runProgram('offlineimap', ['-o', '-u', 'basic', '-c', config], { env: { HOME: server.folder } });
  /** Files of a Maildir: by their octets, what they are called. */
  const files = async (mailbox: string): Promise<Map<string, string>> => {
    const found = new Map<string, string>();
    for (const kind of ['cur', 'new']) {
      for (const name of await readdir(path.join(mail, mailbox, kind))) {
        const file = path.join(mail, mailbox, kind, name);
        found.set(await readFile(file, 'latin1'), file);
      }
    }
    return found;
  };
  const withLf = (octets: string): string => octets.replaceAll('\r\n', '\n');
  const fileOf = async (mailbox: string, subject: string): Promise<string | undefined> =>
    [...(await files(mailbox))].find(([octets]) => octets.includes(`Subject: ${subject}\n`))?.[1];

  test('all mailboxes and messages come down, octet by octet', async () => {
    await observer.run('CREATE Lists/R&AOk-sum&AOk-');
    await observer.append('Lists/R&AOk-sum&AOk-', letter('deep'), '\\Seen');
    for (const octets of Object.values(ODD_MAIL)) await observer.append('INBOX', octets, '\\Flagged');
    await sync();
    expect([...(await files('INBOX')).keys()].sort()).toEqual(Object.values(ODD_MAIL).map(withLf).sort());
    expect([...(await files('INBOX')).values()].every((name) => /:2,F$/.test(name))).toBe(true);
    expect([...(await files('Lists.R&AOk-sum&AOk-'))].map(([octets, name]) => [octets, name.slice(-4)])).toEqual([
      [withLf(letter('deep')), ':2,S'],
    ]);
  });

  test('new mail, flags and deletions of both sides', async () => {
    const cur = path.join(mail, 'INBOX', 'cur');
    await writeFile(path.join(cur, '1600000000.M1P1.host:2,RS'), withLf(letter('from here')));
    const flagged = (await fileOf('INBOX', 'plain')) as string;
    await rename(flagged, flagged.replace(/:2,F$/, ':2,FS'));
    await rm((await fileOf('INBOX', 'dots')) as string);
    await observer.append('INBOX', letter('from there'));
    const uidOf = async (subject: string): Promise<number | undefined> =>
      (await observer.messages('INBOX')).find(({ octets }) => octets.includes(`Subject: ${subject}\r\n`))?.uid;
    await observer.change('INBOX', `UID STORE ${await uidOf('wide')} FLAGS (\\Answered)`);
    await observer.change('INBOX', `UID STORE ${await uidOf('octets')} +FLAGS (\\Deleted)`);
    await observer.run('CLOSE');
    await sync();
    const there = await observer.messages('INBOX');
    const flagsOf = (subject: string): readonly string[] | undefined =>
      there.find(({ octets }) => octets.includes(`Subject: ${subject}\r\n`))?.flags;
    expect(['from here', 'plain', 'dots', 'octets'].map(flagsOf)).toEqual([
      ['\\Answered', '\\Seen'],
      ['\\Flagged', '\\Seen'],
      undefined,
      undefined,
    ]);
    expect(there).toHaveLength(Object.keys(ODD_MAIL).length);
    expect(await fileOf('INBOX', 'octets')).toBeUndefined();
    expect(await fileOf('INBOX', 'wide')).toMatch(/:2,R$/);
    expect([...(await files('INBOX')).keys()]).toContain(withLf(letter('from there')));
    expect(await files('INBOX')).toHaveLength(there.length);
  });

  test('a new Maildir becomes a mailbox, and a run without changes changes nothing', async () => {
    for (const kind of ['cur', 'new', 'tmp']) await mkdir(path.join(mail, 'Work', kind), { recursive: true });
    await writeFile(path.join(mail, 'Work', 'new', '1600000001.M1P1.host'), withLf(letter('work')));
    await sync();
    const before = [await observer.messages('INBOX'), await observer.messages('Work')];
    expect(before[1]).toMatchObject([{ flags: [], octets: expect.stringContaining('Subject: work\r\n') }]);
    await sync();
    expect([await observer.messages('INBOX'), await observer.messages('Work')]).toEqual(before);
  });
});
