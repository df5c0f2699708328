/** An import that is killed, again and again, loses nothing and doubles nothing. */

import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import { mustEider, outcome, startEider } from './run-eider.ts';
import { noise, withAttachment, writeMaildir } from './sample-maildir.ts';

const LONG = process.env.EIDER_LONG !== undefined;
const COUNT = LONG ? 2500 : 1200;
const KILLS = LONG ? 6 : 3;

let folder: string;
let data: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-kill-'));
  data = path.join(folder, 'data');
  await mustEider(['account', 'add', 'ann', '--data', data]);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const message = (index: number): string =>
  index % 50 === 0
    ? withAttachment(`number ${index}`, noise(`file ${index % 4}`, 60_000), 76).toString('latin1')
    : `Subject: number ${index}\r\n\r\n${'text '.repeat(index % 400)}\r\n`;

async function journalSize(): Promise<number> {
  const folderOf = path.join(data, 'imports');
  const names = await readdir(folderOf).catch(() => []);
  const journal = names.find((name) => name.endsWith('.jsonl'));
  return journal ? (await stat(path.join(folderOf, journal))).size : 0;
}

/** Kills it once it has made progress, each time at another moment of its work. */
async function killMidway(source: string, round: number): Promise<boolean> {
  const before = await journalSize();
  const child = startEider(['import', 'ann', source, '--data', data]);
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  let isOver = false;
  void ended.then(() => (isOver = true));
  while (!isOver && (await journalSize()) <= before + 200) await sleep(2);
  await sleep(round * 7);
  child.kill('SIGKILL');
  const [, signal] = await ended;
  return signal === 'SIGKILL';
}

async function checkAll(): Promise<void> {
  await using store = await openStore({ path: data });
  const { id } = await store.accounts.get('ann');
  const subjects: string[] = [];
  for await (const { header } of store.fetch(id, 'INBOX', UidSet.range(1, 0xffffffff), { header: true })) {
    subjects.push(/Subject: number (\d+)/.exec(Buffer.from(header ?? []).toString('latin1'))?.[1] ?? 'none');
  }
  expect(subjects).toEqual(Array.from({ length: COUNT }, (_, index) => String(index)));
  const findings = [];
  for await (const finding of store.maintenance.check({ rehash: true })) findings.push(finding);
  expect(findings).toEqual([]);
}

test('an mbox', { timeout: 120_000 }, async () => {
  const source = path.join(folder, 'in.mbox');
  const from = 'From a@b Sat May  1 10:00:00 2021\n';
  await writeFile(source, Array.from({ length: COUNT }, (_, index) => `${from}${message(index)}\n`).join(''), 'latin1');
  let killed = 0;
  for (let round = 0; round < KILLS; round++) if (await killMidway(source, round)) killed++;
  expect(killed).toBeGreaterThan(0);
  await mustEider(['import', 'ann', source, '--data', data]);
  await checkAll();
});

test('a Maildir', { timeout: 120_000 }, async () => {
  const source = path.join(folder, 'mail');
  const messages = Array.from({ length: COUNT }, (_, index) => ({
    folder: '',
    letters: 'S',
    octets: Buffer.from(message(index), 'latin1'),
    time: 1_600_000_000 + index,
  }));
  await writeMaildir(source, messages);
  let killed = 0;
  for (let round = 0; round < KILLS; round++) if (await killMidway(source, round)) killed++;
  expect(killed).toBeGreaterThan(0);
  await mustEider(['import', 'ann', source, '--data', data]);
  await checkAll();
});

test('Ctrl-C stops it in good order', { timeout: 60_000 }, async () => {
  const source = path.join(folder, 'in.mbox');
  const from = 'From a@b Sat May  1 10:00:00 2021\n';
  await writeFile(source, Array.from({ length: COUNT }, (_, index) => `${from}${message(index)}\n`).join(''), 'latin1');
  const child = startEider(['import', 'ann', source, '--data', data]);
  const ended = outcome(child);
  while ((await journalSize()) < 400) await sleep(2);
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  expect([code, stderr]).toEqual([1, 'eider: stopped before the end\n']);
  expect(stdout).toMatch(/^imported [\d,]+ messages/);
  expect((await readdir(path.join(data, 'imports'))).filter((name) => name.endsWith('.lock'))).toEqual([]);
  await mustEider(['import', 'ann', source, '--data', data]);
  await checkAll();
});
