/** Import and export: every octet, flag and date goes in and comes out again. */

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import { eider, mustEider } from './run-eider.ts';
import { noise, oddMessages, readMaildir, type StoredMessage, withAttachment, writeMaildir } from './sample-maildir.ts';

let folder: string;
let data: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-import-'));
  data = path.join(folder, 'data');
  await using store = await openStore({ path: data });
  for (const name of ['ann', 'bob']) await store.accounts.create({ name });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inFolder = (...names: string[]): string => path.join(folder, ...names);
const run = (...args: string[]): Promise<string> => mustEider([...args, '--data', data]);
const sha = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');

interface Listed {
  readonly digest: string;
  readonly flags: string;
  readonly date: string;
}

/** Messages of a mailbox in the order of their UIDs. */
async function list(account: string, mailbox: string): Promise<Listed[]> {
  await using store = await openStore({ path: data });
  const { id } = await store.accounts.get(account);
  const found: Listed[] = [];
  for await (const message of store.fetch(id, mailbox, UidSet.range(1, 0xffffffff), { body: true })) {
    const chunks: Buffer[] = [];
    if (message.body) for await (const chunk of message.body.read()) chunks.push(chunk);
    found.push({
      digest: sha(Buffer.concat(chunks)),
      flags: `${message.mask} ${message.keywords}`,
      date: new Date(message.internalDate).toISOString(),
    });
  }
  return found;
}

async function mailboxes(account: string): Promise<string[]> {
  await using store = await openStore({ path: data });
  return (await store.mailboxes((await store.accounts.get(account)).id)).map((mailbox) => mailbox.path);
}

describe('Maildir', () => {
  const letters = ['', 'S', 'FRS', 'D', 'PS', 'T', 'DFPRST', 'Sa', 'ab', 'new'];
  const sample = (): StoredMessage[] =>
    Object.values(oddMessages()).map((octets, index) => ({
      folder: ['', '.Sent', '.Work.2024', '.Entw&APw-rfe', '.v1&AC4-2'][index % 5] as string,
      letters: letters[index % letters.length] as string,
      octets,
      time: 1_600_000_000 + index * 1000,
    }));

  test('goes in and comes out the same, twice over', async () => {
    const messages = sample();
    await writeMaildir(inFolder('mail'), messages);
    for (const name of ['', '.Sent', '.Work.2024', '.Entw&APw-rfe', '.v1&AC4-2']) {
      await writeFile(inFolder('mail', name, 'dovecot-keywords'), '0 Work\n1 $MDNSent\n');
    }
    const out = await run('import', 'ann', inFolder('mail'));
    expect(out).toContain(`imported ${messages.length} messages`);
    expect(await mailboxes('ann')).toEqual(expect.arrayContaining(['INBOX', 'Sent', 'Work/2024', 'Entwürfe', 'v1.2']));
    await run('export', 'ann', inFolder('out'));
    const expected = (await readMaildir(inFolder('mail'))).map((message) => ({ ...message, letters: message.letters }));
    const exported = (await readMaildir(inFolder('out'))).filter((message) => message.digest !== '');
    // Letters of keywords are dealt anew in each folder; what they mean is compared below.
    const plainLetters = (found: typeof expected): object[] =>
      found.map((message) => ({ ...message, letters: message.letters.replace(/[a-z]/g, '') }));
    expect(plainLetters(exported)).toEqual(plainLetters(expected));
    await run('import', 'bob', inFolder('out'));
    for (const mailbox of await mailboxes('ann'))
      expect(await list('bob', mailbox)).toEqual(await list('ann', mailbox));
    await run('export', 'bob', inFolder('again'));
    expect(await readMaildir(inFolder('again'))).toEqual(exported);
  });

  test('flags, keywords and dates are what the names say', async () => {
    const octets = Buffer.from('Subject: x\r\n\r\n');
    await writeMaildir(inFolder('mail'), [{ folder: '', letters: 'FPSb', octets, time: 1_600_000_000 }]);
    await writeFile(inFolder('mail', 'dovecot-keywords'), '0 Work\n1 $MDNSent\n');
    await run('import', 'ann', inFolder('mail'));
    expect(await list('ann', 'INBOX')).toEqual([
      { digest: sha(octets), flags: '5 $Forwarded $MDNSent', date: '2020-09-13T12:26:40.000Z' },
    ]);
  });

  test('--mailbox takes all of it, its folders below; one mailbox alone goes out to a Maildir of its own', async () => {
    await writeMaildir(inFolder('mail'), sample());
    await run('import', 'ann', inFolder('mail'), '--mailbox', 'Old/Mail');
    expect(await mailboxes('ann')).toEqual(
      expect.arrayContaining(['Old', 'Old/Mail', 'Old/Mail/Sent', 'Old/Mail/Work/2024']),
    );
    await run('export', 'ann', inFolder('out'), '--mailbox', 'Old/Mail/Sent');
    expect(await readdir(inFolder('out', 'cur'))).toHaveLength(3);
    expect((await readdir(inFolder('out'))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('what cannot be read is told and counted; the rest is imported; the next run tries it again', async () => {
    await writeMaildir(
      inFolder('mail'),
      sample()
        .slice(0, 3)
        .map((message) => ({ ...message, folder: '' })),
    );
    await symlink('nowhere', inFolder('mail', 'cur', '1600000001.M9P1.host:2,S'));
    const { code, stdout, stderr } = await eider(['import', 'ann', inFolder('mail'), '--data', data]);
    expect(code).toBe(1);
    expect(stdout).toContain('imported 3 messages');
    expect(stderr).toMatch(/not imported: .*M9P1/);
    expect(stderr).toMatch(/eider: 1 messages could not be imported\n$/);
    await rm(inFolder('mail', 'cur', '1600000001.M9P1.host:2,S'));
    await writeFile(inFolder('mail', 'cur', '1600000001.M9P1.host:2,S'), 'Subject: here now\r\n\r\n');
    expect(await run('import', 'ann', inFolder('mail'))).toMatch(/imported 1 messages[\s\S]*skipped 3 /);
    expect(await list('ann', 'INBOX')).toHaveLength(4);
  });

  test('a folder whose name is no mailbox is told, and the others are imported', async () => {
    const octets = Buffer.from('Subject: x\r\n\r\n');
    const at = (name: string): StoredMessage => ({ folder: name, letters: 'S', octets, time: 1_600_000_000 });
    await writeMaildir(inFolder('mail'), [at(''), at('.a..b'), at('.ok')]);
    const { code, stderr } = await eider(['import', 'ann', inFolder('mail'), '--data', data]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no mailbox for .*a\.\.b/);
    expect([await list('ann', 'INBOX'), await list('ann', 'ok')].map((found) => found.length)).toEqual([1, 1]);
  });
});

describe('mbox', () => {
  test('goes in and comes out the same, octet for octet', async () => {
    const from = (second: number): string => `From ann@example.org Sat May  1 10:00:0${second} 2021\n`;
    const quoted = 'Subject: a\r\n\r\n>From the sea\r\n>>From the land\r\n';
    const bodies = [
      quoted,
      'Subject: b\n\nunix\n',
      `Subject: c\n\n${'long '.repeat(300_000)}\n`,
      withAttachment('d', noise('d', 90_000), 76).toString('latin1'),
    ];
    const mbox = bodies.map((body, index) => `${from(index)}${body}\n`).join('');
    await writeFile(inFolder('in.mbox'), mbox);
    await run('import', 'ann', inFolder('in.mbox'));
    const listed = await list('ann', 'INBOX');
    const plain = bodies.map((body) => body.replace(/^>(>*From )/gm, '$1'));
    expect(listed.map(({ digest }) => digest)).toEqual(plain.map((body) => sha(Buffer.from(body))));
    expect(listed[3]?.date).toBe('2021-05-01T10:00:03.000Z');
    await run('export', 'ann', inFolder('out.mbox'), '--format', 'mbox', '--mailbox', 'INBOX');
    expect((await readFile(inFolder('out.mbox'), 'latin1')).replaceAll('MAILER-DAEMON', 'ann@example.org')).toBe(mbox);
  });

  test('odd messages come back, but for the final line end', async () => {
    const odd = Object.values(oddMessages());
    await writeMaildir(
      inFolder('mail'),
      odd.map((octets, index) => ({ folder: '.Odd', letters: 'S', octets, time: 1_600_000_000 + index })),
    );
    await run('import', 'ann', inFolder('mail'));
    await run('export', 'ann', inFolder('out'), '--format', 'mbox');
    expect((await readdir(inFolder('out'))).sort()).toEqual(
      (await mailboxes('ann')).map((mailbox) => `${mailbox}.mbox`).sort(),
    );
    await run('import', 'bob', inFolder('out'));
    const expected = odd.map((octets) =>
      octets.at(-1) === 0x0a ? octets : Buffer.concat([octets, Buffer.from('\n')]),
    );
    expect((await list('bob', 'Odd')).map(({ digest }) => digest)).toEqual(expected.map(sha));
    expect((await list('bob', 'Odd')).map(({ date }) => date)).toEqual(
      (await list('ann', 'Odd')).map(({ date }) => date),
    );
  });

  test('Status fields give flags and stay where they are', async () => {
    const message = 'Subject: x\nStatus: RO\nX-Status: AF\n\nbody\nStatus: D\n';
    await writeFile(inFolder('in'), `From a@b Sat May  1 10:00:00 2021\n${message}\n`);
    await run('import', 'ann', inFolder('in'));
    expect(await list('ann', 'INBOX')).toEqual([
      { digest: sha(Buffer.from(message)), flags: '7 ', date: '2021-05-01T10:00:00.000Z' },
    ]);
  });

  test('--line-endings crlf makes mail of Unix files', async () => {
    await writeFile(inFolder('in.mbox'), 'From a@b Sat May  1 10:00:00 2021\nSubject: x\n\nbody\r\nend\n\n');
    await run('import', 'ann', inFolder('in.mbox'), '--line-endings', 'crlf', '--mailbox', 'Unix');
    expect((await list('ann', 'Unix'))[0]?.digest).toBe(sha(Buffer.from('Subject: x\r\n\r\nbody\r\nend\r\n')));
  });
});

describe('message files', () => {
  test('one, or all below a folder; the date is the Date field', async () => {
    const one = Buffer.from('Subject: 1\r\nDate: Sat, 1 May 2021 10:00:00 +0200\r\n\r\n1\r\n');
    await mkdir(inFolder('mails', 'deep'), { recursive: true });
    await writeFile(inFolder('mails', 'one.eml'), one);
    await writeFile(inFolder('mails', 'deep', 'two.EML'), 'Subject: 2\r\n\r\n2\r\n');
    await writeFile(inFolder('mails', 'readme.txt'), 'not mail');
    expect(await run('import', 'ann', inFolder('mails'))).toContain('imported 2 messages');
    expect(await run('import', 'ann', inFolder('mails', 'one.eml'), '--mailbox', 'One')).toContain(
      'imported 1 messages',
    );
    expect(await list('ann', 'One')).toEqual([{ digest: sha(one), flags: '0 ', date: '2021-05-01T08:00:00.000Z' }]);
  });

  test('a folder without mail is an error, not a success', async () => {
    await mkdir(inFolder('empty'));
    const { code, stderr } = await eider(['import', 'ann', inFolder('empty'), '--data', data]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('no mail found')]);
  });
});

describe('journal', () => {
  const mbox = (count: number): string =>
    Array.from(
      { length: count },
      (_, index) => `From a@b Sat May  1 10:00:00 2021\nSubject: ${index}\n\nbody\n\n`,
    ).join('');

  test('a second run imports what is new, --again everything', async () => {
    await writeFile(inFolder('in.mbox'), mbox(300));
    expect(JSON.parse(await run('import', 'ann', inFolder('in.mbox'), '--json'))).toMatchObject({
      imported: 300,
      skipped: 0,
      failed: 0,
    });
    await writeFile(inFolder('in.mbox'), mbox(310));
    expect(JSON.parse(await run('import', 'ann', inFolder('in.mbox'), '--json'))).toMatchObject({
      imported: 10,
      skipped: 300,
    });
    expect(JSON.parse(await run('import', 'bob', inFolder('in.mbox'), '--json'))).toMatchObject({
      imported: 310,
      skipped: 0,
    });
    expect(JSON.parse(await run('import', 'ann', inFolder('in.mbox'), '--again', '--json'))).toMatchObject({
      imported: 310,
      skipped: 0,
    });
    expect(await list('ann', 'INBOX')).toHaveLength(620);
  });

  test('a batch whose end was not noted is found in the mailbox, also among later mail, and not doubled', async () => {
    await writeFile(inFolder('in.mbox'), mbox(450));
    await run('import', 'ann', inFolder('in.mbox'));
    const journals = inFolder('data', 'imports');
    const file = path.join(journals, (await readdir(journals))[0] as string);
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    expect(lines.at(-1)).toBe('{"stored":true}');
    await writeFile(file, `${lines.slice(0, -1).join('\n')}\n`);
    const store = await openStore({ path: data });
    const { id } = await store.accounts.get('ann');
    await store.append(id, 'INBOX', 'Subject: later\r\n\r\n');
    await store.expunge(id, 'INBOX', UidSet.of(420), { any: true });
    await store.close();
    expect(JSON.parse(await run('import', 'ann', inFolder('in.mbox'), '--json'))).toMatchObject({
      imported: 0,
      skipped: 450,
    });
    expect(await list('ann', 'INBOX')).toHaveLength(450);
  });

  test('a batch that was noted but never appended is appended', async () => {
    await writeFile(inFolder('in.mbox'), mbox(450));
    await run('import', 'ann', inFolder('in.mbox'));
    const journals = inFolder('data', 'imports');
    const file = path.join(journals, (await readdir(journals))[0] as string);
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    const store = await openStore({ path: data });
    const { id } = await store.accounts.get('ann');
    const last = JSON.parse(lines.at(-2) as string) as { uidNext: number };
    await store.expunge(id, 'INBOX', UidSet.range(last.uidNext, 0xffffffff), { any: true });
    const { uidNext } = await store.mailbox(id, 'INBOX');
    await store.close();
    // As if the crash had come before the append: no UID was given to any of the batch.
    await writeFile(file, `${[...lines.slice(0, -2), JSON.stringify({ ...last, uidNext })].join('\n')}\n`);
    expect(JSON.parse(await run('import', 'ann', inFolder('in.mbox'), '--json'))).toMatchObject({
      imported: 50,
      skipped: 400,
    });
    expect(new Set((await list('ann', 'INBOX')).map(({ digest }) => digest)).size).toBe(450);
  });

  test('a full quota ends the import clearly; with more room the next run completes it', async () => {
    await mustEider(['account', 'add', 'small', '--quota', '10KB', '--data', data]);
    await writeFile(inFolder('in.mbox'), mbox(900));
    const { code, stderr } = await eider(['import', 'small', inFolder('in.mbox'), '--data', data]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('(QUOTA_EXCEEDED)')]);
    const store = await openStore({ path: data });
    const { id } = await store.accounts.get('small');
    await store.accounts.update(id, { limits: { octets: null } });
    await store.close();
    await run('import', 'small', inFolder('in.mbox'));
    expect(await list('small', 'INBOX')).toHaveLength(900);
  });
});

test('an export never writes among files that are there', async () => {
  await mkdir(inFolder('out'));
  await writeFile(inFolder('out', 'mine'), 'x');
  expect(await eider(['export', 'ann', inFolder('out'), '--data', data])).toMatchObject({ code: 2, stdout: '' });
  expect(await readdir(inFolder('out'))).toEqual(['mine']);
  const toFile = ['export', 'ann', inFolder('out', 'mine'), '--format', 'mbox', '--mailbox', 'INBOX', '--data', data];
  expect((await eider(toFile)).code).toBe(2);
  expect((await stat(inFolder('out', 'mine'))).size).toBe(1);
});
