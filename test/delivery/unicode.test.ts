/** Names in every script, from the envelope of LMTP to a mailbox that a real client reads. RFC 6531, RFC 6855. */

import { domainToASCII } from 'node:url';
import { ImapFlow } from 'imapflow';
import { describe, expect, test } from 'vitest';
import { createLmtpServer } from '../../src/lmtp/index.ts';
import { normalizePath } from '../../src/model/mailbox.ts';
import { startImap } from '../imap/imap-fixture.ts';
import { LmtpClient } from '../lmtp/lmtp-client.ts';

/** A word of each script, as it may stand in a name. */
const WORDS: Readonly<Record<string, string>> = {
  Cyrillic: 'андрис',
  Greek: 'Ανδρέας',
  Arabic: 'أندريس',
  Hebrew: 'אנדריס',
  Devanagari: 'आन्द्रिस',
  Thai: 'อันดริส',
  Chinese: '安德里斯',
  Japanese: 'アンドリス',
  Korean: '안드리스',
  'emoji with joiners': '👩‍👩‍👧‍👦',
  'combining marks': 'e\u0301clair',
};
const DOMAIN = 'уайлддак.орг';

/** Octets as the splitter gets them: header in UTF-8, a file whose name is in UTF-8 too. */
const messageFor = (word: string): string =>
  `From: ${word} <${word}@${DOMAIN}>\r\nSubject: ${word} writes\r\nMIME-Version: 1.0\r\n` +
  'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n' +
  `Text of ${word}\r\n--b\r\nContent-Type: application/pdf; name="${word}.pdf"\r\n` +
  `Content-Disposition: attachment; filename="${word}.pdf"\r\n\r\nx\r\n--b--\r\n`;

async function lmtp(port: number, from: string, to: string, message: string): Promise<string> {
  const client = await LmtpClient.ready(port);
  await client.say(`MAIL FROM:<${from}> SMTPUTF8`);
  const accepted = await client.say(`RCPT TO:<${to}>`);
  if (!accepted.startsWith('250')) return accepted;
  await client.say('DATA');
  client.write(`${message}.\r\n`);
  const [reply = ''] = await client.replies(1);
  await client.say('QUIT');
  return reply;
}

describe.each(Object.entries(WORDS))('%s', (_, word) => {
  test('an account, its address, mailboxes, subjects and file names', async () => {
    await using fixture = await startImap();
    const { store, port } = fixture;
    await using server = createLmtpServer(store);
    const at = await server.listen();
    const { id } = await store.accounts.create({ name: word, address: `${word}@${DOMAIN}`, password: 'secret' });

    // Any spelling of the address leads there: composed and decomposed, the domain in both forms.
    const spellings = [
      `${word.normalize('NFC')}@${DOMAIN}`,
      `${word.normalize('NFD')}@${domainToASCII(DOMAIN)}`,
      `${word.toUpperCase()}+tag@${DOMAIN.toUpperCase()}`,
      word,
    ];
    for (const [index, to] of spellings.entries()) {
      expect(await lmtp(at.port, `${word}@${DOMAIN}`, to, messageFor(word))).toBe(`250 2.0.0 Stored, uid ${index + 1}`);
    }

    const client = new ImapFlow({
      ...{ host: '127.0.0.1', port, secure: false, doSTARTTLS: false, logger: false, disableAutoIdle: true },
      auth: { user: word, pass: 'secret' },
    });
    await client.connect();
    try {
      const path = normalizePath(`${word}/${word.normalize('NFD')} 2`);
      await client.mailboxCreate(path);
      expect((await client.list()).map((one) => one.path)).toContain(path);
      expect((await store.mailboxes(id)).map((one) => one.path)).toContain(path);
      await client.mailboxOpen('INBOX');
      const text = word.normalize('NFC');
      expect(await client.search({ subject: text }, { uid: true })).toEqual([1, 2, 3, 4]);
      // The body is searched by words, and a picture is none.
      const isWord = /\p{L}/u.test(text);
      expect(await client.search({ body: text }, { uid: true })).toEqual(isWord ? [1, 2, 3, 4] : []);
      expect(await client.search({ from: text }, { uid: true })).toEqual([1, 2, 3, 4]);
      await client.messageMove('1:2', path, { uid: true });
      await client.mailboxOpen(path);
      const found = await client.fetchOne('1', { envelope: true, source: true });
      if (!found) throw new Error('the message is not there');
      expect(found.envelope?.subject?.normalize('NFC')).toBe(`${text} writes`);
      expect(found.source?.toString()).toBe(
        `Return-Path: <${word}@${DOMAIN}>\r\nDelivered-To: ${spellings[0]}\r\n${messageFor(word)}`,
      );
      const named = await store.search(id, path, { key: 'attachment', text: `${text}.pdf` });
      expect(named).toEqual(Uint32Array.of(1, 2));
    } finally {
      await client.logout();
    }
  });
});

test('what only looks like a name is another one, or none', async () => {
  await using fixture = await startImap();
  const { store } = fixture;
  await using server = createLmtpServer(store);
  const { port } = await server.listen();
  await store.accounts.create({ name: 'andris', address: 'andris@example.org' });
  // Cyrillic а, р; a mark that turns the direction; a full-width domain is the same domain.
  expect(await lmtp(port, '', 'аndris@example.org', 'x\r\n')).toMatch(/^550 5\.1\.1/);
  expect(await lmtp(port, '', 'andr\u202eis@example.org', 'x\r\n')).toMatch(/^55\d 5\.1\.[13]/);
  expect(await lmtp(port, '', `${'x'.repeat(1_000)}@example.org`, 'x\r\n')).toMatch(/^55\d 5\.1\.[13]/);
  expect(await lmtp(port, '', 'andris@ｅｘａｍｐｌｅ.org', 'x\r\n')).toMatch(/^250 /);
});
