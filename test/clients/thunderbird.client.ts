/** Thunderbird without a window: lists mailboxes and mail, hears of news in IDLE, reads, flags, moves and deletes. */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Observer } from './observer.ts';
import { letter, ODD_MAIL } from './odd-mail.ts';
import { isInstalled, startServer, type TestServer } from './server.ts';
import { startThunderbird, type Thunderbird } from './thunderbird.ts';

const PATIENCE = { timeout: 10_000, interval: 200 };

describe.skipIf(!isInstalled('thunderbird'))('Thunderbird', () => {
  let server: TestServer;
  let observer: Observer;
  let thunderbird: Thunderbird;
  beforeAll(async () => {
    server = await startServer();
    observer = await Observer.open(server.imap);
    for (const octets of Object.values(ODD_MAIL)) await observer.append('INBOX', octets);
    thunderbird = await startThunderbird(server);
  });
  afterAll(async () => {
    await thunderbird?.stop();
    observer?.close();
    await server?.stop();
  });

  const run = (script: string, ...args: unknown[]): Promise<unknown> => thunderbird.run(script, ...args);
  const subjects = async (name: string): Promise<string[]> =>
    (await run('return [...mailbox(args[0]).messages].map((one) => one.mime2DecodedSubject)', name)) as string[];
  const flagsOf = async (mailbox: string, subject: string): Promise<readonly string[] | undefined> =>
    (await observer.messages(mailbox)).find(({ octets }) => octets.includes(`Subject: ${subject}\r\n`))?.flags;

  test('lists the mailboxes', async () => {
    // INBOX is called by its name in Thunderbird's language, once it was opened.
    const names = (): Promise<unknown> =>
      run('return server.rootFolder.subFolders.map(({ name }) => name).sort().join()');
    await vi.waitFor(async () => expect(await names()).toMatch(/^Archive,Drafts,inbox,Junk,Sent,Trash$/i), PATIENCE);
  });

  test('lists the mail and reads it octet by octet', async () => {
    await run('mailbox("Inbox").updateFolder(null)');
    await vi.waitFor(async () => expect(await subjects('Inbox')).toHaveLength(Object.keys(ODD_MAIL).length), PATIENCE);
    const read = (await run(`
      const read = (one) => new Promise((resolve, reject) => {
        const uri = mailbox('Inbox').getUriForMsg(one);
        let octets = '';
        const listener = {
          QueryInterface: ChromeUtils.generateQI(['nsIStreamListener']),
          onStartRequest() {},
          onStopRequest: (_request, status) => (status === 0 ? resolve(octets) : reject(new Error('status ' + status))),
          onDataAvailable(_request, stream, _offset, count) {
            const input = Cc['@mozilla.org/binaryinputstream;1'].createInstance(Ci.nsIBinaryInputStream);
            input.setInputStream(stream);
            octets += input.readBytes(count);
          },
        };
        MailServices.messageServiceFromURI(uri).streamMessage(uri, listener, null, null, false, '', false);
      });
      const all = [];
      for (const one of [...mailbox('Inbox').messages]) all.push(await read(one));
      return all;
    `)) as string[];
    // It sets two fields of its own above.
    const bare = read.map((octets) => octets.replace(/^(?:X-Mozilla-Status2?: [0-9a-f]+\r\n)+/, ''));
    expect(bare.sort()).toEqual(Object.values(ODD_MAIL).sort());
  });

  test('hears of new mail, of flags and of what goes', async () => {
    await observer.append('INBOX', letter('by itself'));
    await vi.waitFor(async () => expect(await subjects('Inbox')).toContain('by itself'), PATIENCE);
    await observer.change('INBOX', 'STORE * +FLAGS (\\Flagged)');
    await vi.waitFor(
      async () => expect(await run('return message("Inbox", "by itself").isFlagged')).toBe(true),
      PATIENCE,
    );
    await observer.run('STORE * +FLAGS (\\Deleted)');
    await observer.run('CLOSE');
    await vi.waitFor(async () => expect(await subjects('Inbox')).not.toContain('by itself'), PATIENCE);
  });

  test('flags, moves and deletes', async () => {
    await run(`
      mailbox('Inbox').markMessagesRead([message('Inbox', 'plain')], true);
      MailServices.copy.copyMessages(
        mailbox('Inbox'), [message('Inbox', 'dots')], mailbox('Archive'), true, null, null, false);
    `);
    await vi.waitFor(async () => expect(await flagsOf('INBOX', 'plain')).toEqual(['\\Seen']), PATIENCE);
    await vi.waitFor(async () => expect(await observer.octets('Archive')).toEqual([ODD_MAIL.dots]), PATIENCE);
    await run(`mailbox('Inbox').deleteMessages([message('Inbox', 'empty')], null, false, true, null, false)`);
    await vi.waitFor(async () => expect(await observer.octets('Trash')).toEqual([ODD_MAIL.empty]), PATIENCE);
    await run('mailbox("Inbox").compact(null, null)');
    const gone = async (): Promise<unknown[]> => [await flagsOf('INBOX', 'dots'), await flagsOf('INBOX', 'empty')];
    await vi.waitFor(async () => expect(await gone()).toEqual([undefined, undefined]), PATIENCE);
  });
});
