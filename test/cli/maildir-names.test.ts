/** Names of Maildir files and folders. */

import { expect, test } from 'vitest';
import { fileOfMailbox, mailboxOfFile } from '../../src/cli/find-mail.ts';
import {
  MaildirKeywords,
  maildirFolder,
  maildirPath,
  parseMaildirFileName,
  parseMaildirKeywords,
} from '../../src/cli/maildir-names.ts';

test.each([
  [
    '1600000000.M1P2.host,S=12:2,FRS',
    '1600000000.M1P2.host,S=12',
    ['\\Flagged', '\\Answered', '\\Seen'],
    1_600_000_000_000,
  ],
  ['1600000000.M1P2.host', '1600000000.M1P2.host', [], 1_600_000_000_000],
  ['1600000000.x;2,D', '1600000000.x', ['\\Draft'], 1_600_000_000_000],
  ['name!2,PT', 'name', ['$Forwarded', '\\Deleted'], null],
  ['name:2,Sabz', 'name', ['\\Seen', 'Work', '$MDNSent'], null],
  ['name:1,S', 'name:1,S', [], null],
])('%s', (name, unique, flags, time) => {
  expect(parseMaildirFileName(name, ['Work', '$MDNSent'])).toEqual({ unique, flags, time });
});

test('keywords get letters, and the list says which', () => {
  const keywords = new MaildirKeywords();
  expect(keywords.info(['\\Seen', '\\Flagged', 'Work', '$Forwarded'])).toBe('FPSa');
  expect(keywords.info(['Home', 'Work'])).toBe('ab');
  expect(keywords.list()).toBe('0 Work\n1 Home\n');
  expect(parseMaildirKeywords(keywords.list())).toEqual(['Work', 'Home']);
});

test('the 27th keyword is told', () => {
  const keywords = new MaildirKeywords();
  const many = Array.from({ length: 27 }, (_, index) => `k${String(index).padStart(2, '0')}`);
  expect(keywords.info(many)).toBe('abcdefghijklmnopqrstuvwxyz');
  expect([...keywords.dropped]).toEqual(['k26']);
});

test.each([
  ['INBOX', ''],
  ['Sent', '.Sent'],
  ['Work/2024', '.Work.2024'],
  ['INBOX/Lists', '.INBOX.Lists'],
  ['Entwürfe', '.Entw&APw-rfe'],
  ['v1.2/a.b', '.v1&AC4-2.a&AC4-b'],
  ['é.é', '.&AOk-&AC4-&AOk-'],
  ['..', '.&AC4-&AC4-'],
  ['A & B', '.A &- B'],
])('folder of %s', (path, folder) => {
  expect(maildirFolder(path)).toBe(folder);
  expect(maildirPath(folder)).toBe(path === 'INBOX' ? '' : path);
});

test('a folder that is no modified UTF-7 keeps its name', () => {
  expect(maildirPath('.Entwürfe')).toBe('Entwürfe');
  expect(maildirPath('.Tom & Jerry')).toBe('Tom & Jerry');
});

test.each([
  ['INBOX', 'INBOX.mbox'],
  ['Work/2024', 'Work/2024.mbox'],
  ['../..', '%2E%2E/%2E%2E.mbox'],
  ['.hidden', '%2Ehidden.mbox'],
  ['a:b?', 'a%3Ab%3F.mbox'],
  ['x.mbox', 'x.mbox.mbox'],
])('mbox file of %s', (mailbox, file) => {
  expect(fileOfMailbox(mailbox)).toBe(file);
  expect(mailboxOfFile(file)).toBe(mailbox);
});
