/** The journal of an import: what it remembers after a stop at any place. */

import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ImportJournal, type JournalBatch } from '../../src/cli/import-journal.ts';

const IDENTITY = { account: 'a1', source: '/mail/box', mailbox: '' };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-journal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const reopen = (fresh = false): Promise<ImportJournal> => ImportJournal.open(folder, IDENTITY, { fresh });
const batch = (...keys: string[]): JournalBatch => ({
  mailbox: 'INBOX',
  uidValidity: 7,
  uidNext: 3,
  items: keys.map((key) => [key, 'd'.repeat(64), 10]),
});
const journalFile = async (): Promise<string> =>
  path.join(folder, (await readdir(folder)).find((name) => name.endsWith('.jsonl')) as string);

test('keeps what was stored', async () => {
  const journal = await reopen();
  await journal.begin(batch('one', 'two\n3'));
  await journal.end(batch('one', 'two\n3'), true);
  expect([journal.has('one'), journal.has('three')]).toEqual([true, false]);
  await journal.close();
  const again = await reopen();
  expect(again.pending).toBeNull();
  expect([again.has('one'), again.has('two\n3'), again.has('3')]).toEqual([true, true, false]);
  await again.close();
});

test('a batch without an end is pending until it is settled', async () => {
  const journal = await reopen();
  await journal.begin(batch('one'));
  await journal.close();
  const second = await reopen();
  expect(second.pending).toEqual(batch('one'));
  expect(second.has('one')).toBe(false);
  await second.end(batch('one'), false);
  await second.close();
  const third = await reopen();
  expect([third.pending, third.has('one')]).toEqual([null, false]);
  await third.close();
});

test('a torn line at any octet says nothing, and spoils nothing that follows', async () => {
  const journal = await reopen();
  await journal.begin(batch('one'));
  await journal.end(batch('one'), true);
  await journal.begin(batch('two'));
  await journal.close();
  const file = await journalFile();
  const whole = await readFile(file);
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (const cut of [lastLine, lastLine + 1, lastLine + 20, whole.length - 2, whole.length - 1]) {
    await writeFile(file, whole);
    await truncate(file, cut);
    const torn = await reopen();
    expect(torn.has('one')).toBe(true);
    // All but the line end is there: the batch counts as begun.
    expect(torn.pending).toEqual(cut === whole.length - 1 ? batch('two') : null);
    if (torn.pending) await torn.end(torn.pending, true);
    await torn.begin(batch('three'));
    await torn.end(batch('three'), true);
    await torn.close();
    const after = await reopen();
    expect(after.has('three')).toBe(true);
    await after.close();
  }
});

test('another account, source or mailbox is another journal', async () => {
  const journal = await reopen();
  await journal.begin(batch('one'));
  await journal.end(batch('one'), true);
  await journal.close();
  for (const other of [{ account: 'a2' }, { source: '/mail/box2' }, { mailbox: 'X' }]) {
    const stranger = await ImportJournal.open(folder, { ...IDENTITY, ...other }, { fresh: false });
    expect(stranger.has('one')).toBe(false);
    await stranger.close();
  }
});

test('fresh forgets', async () => {
  const journal = await reopen();
  await journal.begin(batch('one'));
  await journal.end(batch('one'), true);
  await journal.close();
  const fresh = await reopen(true);
  expect(fresh.has('one')).toBe(false);
  await fresh.close();
});

test('two at once are refused, a dead one does not count', async () => {
  const journal = await reopen();
  await expect(reopen()).rejects.toThrow(/imports the same/);
  await journal.close();
  const lock = `${await journalFile()}.lock`;
  await appendFile(lock, '999999999');
  const after = await reopen();
  await after.close();
  expect(await readdir(folder)).toHaveLength(1);
});
