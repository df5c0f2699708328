/** InterIMAP: two servers are made equal by QRESYNC, one of them under COMPRESS, whatever has happened on which. */

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Observer } from './observer.ts';
import { BARE_MAIL, letter, ODD_MAIL } from './odd-mail.ts';
import { isInstalled, NAME, PASSWORD, runProgram, startServer, type TestServer } from './server.ts';

describe.skipIf(!isInstalled('interimap'))('InterIMAP', () => {
  let servers: TestServer[];
  let local: Observer;
  let remote: Observer;
  let config: string;
  beforeAll(async () => {
    servers = [await startServer(), await startServer()];
    const [near, far] = servers as [TestServer, TestServer];
    [local, remote] = [await Observer.open(near.imap), await Observer.open(far.imap)];
    config = path.join(near.folder, 'interimap.conf');
    const section = (name: string, server: TestServer, compress: string): string =>
      `[${name}]\ntype=imap\nhost=127.0.0.1\nport=${server.imap}\nSTARTTLS=NO\nauth=PLAIN LOGIN\n` +
      `username=${NAME}\npassword=${PASSWORD}\ncompress=${compress}\n`;
    const database = `database=${path.join(near.folder, 'interimap.db')}\n`;
    await writeFile(config, `${database}${section('local', near, 'NO')}${section('remote', far, 'YES')}`);
  });
  afterAll(async () => {
    local?.close();
    remote?.close();
    for (const server of servers ?? []) await server.stop();
  });

  const run = (...args: string[]): Promise<string> => {
    const { folder } = servers[0] as TestServer;
    return runProgram('interimap', ['--config', config, ...args], {
      env: { HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
    });
  };
  /** Octets and flags of a mailbox, in an order of their own: UIDs differ. */
  const content = async (observer: Observer, mailbox: string): Promise<string[]> =>
    (await observer.messages(mailbox)).map(({ octets, flags }) => `${flags.join(' ')}\n${octets}`).sort();
  const expectEqual = async (mailbox: string): Promise<string[]> => {
    const here = await content(local, mailbox);
    expect(await content(remote, mailbox)).toEqual(here);
    return here;
  };
  const uidOf = async (observer: Observer, mailbox: string, subject: string): Promise<number> => {
    const found = (await observer.messages(mailbox)).filter(({ octets }) => octets.includes(`Subject: ${subject}\r\n`));
    expect(found).toHaveLength(1);
    return found[0]?.uid as number;
  };

  test('mail and mailboxes of both come to the other, octet by octet, with flags', async () => {
    await local.run('CREATE Lists/R&AOk-sum&AOk-');
    await remote.run('CREATE "Only there"');
    for (const octets of Object.values(ODD_MAIL)) await local.append('INBOX', octets, '\\Seen $Forwarded');
    for (const octets of Object.values(BARE_MAIL)) await remote.append('INBOX', octets, '\\Answered');
    await local.append('Lists/R&AOk-sum&AOk-', letter('deep'));
    await remote.append('Only there', letter('there'), '\\Flagged');
    await run();
    const inbox = await expectEqual('INBOX');
    const expected = [
      ...Object.values(ODD_MAIL).map((octets) => `$Forwarded \\Seen\n${octets}`),
      ...Object.values(BARE_MAIL).map((octets) => `\\Answered\n${octets}`),
    ];
    expect(inbox).toEqual(expected.sort());
    expect(await expectEqual('Lists/R&AOk-sum&AOk-')).toEqual([`\n${letter('deep')}`]);
    expect(await expectEqual('Only there')).toEqual([`\\Flagged\n${letter('there')}`]);
  });

  test('flags, expunges and new mail of both sides, at once', async () => {
    await local.change('INBOX', `UID STORE ${await uidOf(local, 'INBOX', 'plain')} -FLAGS (\\Seen)`);
    await remote.change('INBOX', `UID STORE ${await uidOf(remote, 'INBOX', 'dots')} FLAGS (\\Flagged)`);
    await local.change('INBOX', `UID STORE ${await uidOf(local, 'INBOX', 'wide')} +FLAGS (\\Deleted)`);
    await local.run('EXPUNGE');
    await remote.change('INBOX', `UID STORE ${await uidOf(remote, 'INBOX', 'unended')} +FLAGS (\\Deleted)`);
    await remote.run('EXPUNGE');
    await local.append('INBOX', letter('new here'));
    await remote.append('INBOX', letter('new there'), '\\Draft');
    await run();
    const inbox = await expectEqual('INBOX');
    expect(inbox).toHaveLength(Object.keys(ODD_MAIL).length + Object.keys(BARE_MAIL).length);
    const withSubject = (subject: string): string | undefined =>
      inbox.find((message) => message.includes(`Subject: ${subject}\r\n`))?.split('\n', 1)[0];
    expect(['plain', 'dots', 'new here', 'new there'].map(withSubject)).toEqual([
      '$Forwarded',
      '\\Flagged',
      '',
      '\\Draft',
    ]);
    expect(['wide', 'unended'].map(withSubject)).toEqual([undefined, undefined]);
  });

  test('a run that finds nothing to do changes nothing, and a repair finds nothing amiss', async () => {
    const before = [await local.messages('INBOX'), await remote.messages('INBOX')];
    await run();
    expect(await run('--repair', 'INBOX')).not.toMatch(/WARNING|missing|conflict/i);
    expect([await local.messages('INBOX'), await remote.messages('INBOX')]).toEqual(before);
  });

  test('a mailbox is renamed and one deleted on both', async () => {
    await run('--rename', 'Only there', 'Everywhere');
    expect(await expectEqual('Everywhere')).toHaveLength(1);
    await run('--delete', 'Everywhere');
    for (const observer of [local, remote]) {
      expect((await observer.run('LIST "" "*there*"')).filter((line) => line.startsWith('*'))).toEqual([]);
      expect((await observer.run('LIST "" "Every*"')).filter((line) => line.startsWith('*'))).toEqual([]);
    }
  });
});
