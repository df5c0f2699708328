/** IMAPFilter: searches, moves, flags and deletes by rules, and waits in IDLE for what they are for. */

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Observer } from './observer.ts';
import { letter, ODD_MAIL } from './odd-mail.ts';
import { isInstalled, NAME, PASSWORD, runProgram, startServer, type TestServer } from './server.ts';

describe.skipIf(!isInstalled('imapfilter'))('IMAPFilter', () => {
  let server: TestServer;
  let observer: Observer;
  beforeAll(async () => {
    server = await startServer();
    observer = await Observer.open(server.imap);
  });
  afterAll(async () => {
    observer?.close();
    await server?.stop();
  });

  /** Runs rules and gives what they print. */
  async function filter(...rules: string[]): Promise<string> {
    const file = path.join(server.folder, 'rules.lua');
    const account = `{ server = '127.0.0.1', port = ${server.imap}, username = '${NAME}', password = '${PASSWORD}' }`;
    const lines = [
      'options.timeout = 20',
      'options.starttls = false',
      'options.create = true',
      'options.expunge = true',
    ];
    await writeFile(file, [...lines, `account = IMAP ${account}`, ...rules, ''].join('\n'));
    return runProgram('imapfilter', ['-c', file], { env: { HOME: server.folder } });
  }
  const subjects = async (mailbox: string): Promise<string[]> =>
    (await observer.octets(mailbox)).map((octets) => /^Subject: ([^\r]*)/m.exec(octets)?.[1] ?? '').sort();

  test('reads a message octet by octet, and its structure', async () => {
    await observer.append('INBOX', ODD_MAIL.attachment as string);
    const printed = await filter(
      'local box, uid = table.unpack(account.INBOX:select_all()[1])',
      'io.write("<", box[uid]:fetch_message(), ">\\n")',
      'for _, part in pairs(box[uid]:fetch_structure()) do print(part.type, part.size) end',
      'local mailboxes = account:list_all()',
      'print("mailboxes", table.concat(mailboxes, " "))',
    );
    expect(printed).toContain(`<${ODD_MAIL.attachment}>`);
    expect(printed).toMatch(/application\/octet-stream\t\d+/i);
    expect(printed).toMatch(/text\/plain\t4/i);
    expect(/mailboxes\t(.*)/.exec(printed)?.[1]?.split(' ').sort()).toContain('INBOX');
  });

  test('finds, flags, moves to a new mailbox, copies and deletes', async () => {
    for (const subject of ['order 1', 'order 2', 'advert', 'note']) await observer.append('INBOX', letter(subject));
    const printed = await filter(
      'account.INBOX:contain_subject("order"):move_messages(account["Orders"])',
      'account.INBOX:match_body("advert"):delete_messages()',
      'account.INBOX:contain_from("ann@"):mark_flagged()',
      'local both = account.INBOX:is_flagged() * account.INBOX:contain_subject("note")',
      'both:copy_messages(account["Orders"])',
      'print(account.Orders:check_status())',
    );
    expect(printed).toMatch(/^3\t/m);
    expect(await subjects('Orders')).toEqual(['note', 'order 1', 'order 2']);
    expect(await subjects('INBOX')).toEqual(['attachment', 'note']);
    expect((await observer.messages('INBOX')).map(({ flags }) => flags)).toEqual([['\\Flagged'], ['\\Flagged']]);
  });

  test('waits in IDLE for new mail and files it', async () => {
    const done = filter(
      'local told = account.INBOX:enter_idle()',
      'print("idle ended", told)',
      'account.INBOX:contain_subject("urgent"):move_messages(account["Orders"])',
    );
    let ended = false;
    void done.finally(() => (ended = true)).catch(() => undefined);
    // When it waits is not to be seen from here: a message for each while, until one came in time.
    for (let n = 0; !ended && n < 40; n++) {
      await observer.append('INBOX', letter(`urgent ${n}`));
      await delay(250);
    }
    expect(await done).toMatch(/idle ended\ttrue/);
    expect((await subjects('Orders')).filter((subject) => subject.startsWith('urgent'))).not.toEqual([]);
  });
});
