/** Reading of mbox files: what is a message, and which octets it has. */

import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { looksLikeMbox, scanMbox } from '../../src/cli/mbox-scan.ts';
import { fromLineDate, openMbox } from '../../src/cli/mbox-source.ts';
import type { FromQuoting } from '../../src/mime/from-quoting.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-mbox-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const FROM = 'From ann@example.org Thu Jul  8 12:08:34 2021';

async function messagesOf(content: string | Buffer, quoting: FromQuoting = 'mboxrd'): Promise<string[]> {
  const file = path.join(folder, 'one.mbox');
  await writeFile(file, content);
  const source = await openMbox(file, { mailbox: '', quoting });
  const messages: string[] = [];
  try {
    for await (const item of source.items()) {
      const octets = await item.read();
      const chunks: Uint8Array[] = [];
      if (octets instanceof Uint8Array) chunks.push(octets);
      else for await (const chunk of octets as AsyncIterable<Uint8Array>) chunks.push(chunk);
      messages.push(Buffer.concat(chunks).toString('latin1'));
    }
  } finally {
    await source.close();
  }
  return messages;
}

describe('the messages of a file', () => {
  test.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['one message', `${FROM}\nA: b\n\nc\n\n`, ['A: b\n\nc\n']],
    ['without the last empty line', `${FROM}\nA: b\n\nc\n`, ['A: b\n\nc\n']],
    ['without the last line end', `${FROM}\nA: b\n\nc`, ['A: b\n\nc']],
    ['two messages', `${FROM}\nA: b\n\nc\n\n${FROM}\nD: e\n\nf\n\n`, ['A: b\n\nc\n', 'D: e\n\nf\n']],
    ['CRLF', `${FROM}\r\nA: b\r\n\r\nc\r\n\r\n${FROM}\r\nD: e\r\n\r\n\r\n`, ['A: b\r\n\r\nc\r\n', 'D: e\r\n\r\n']],
    ['CRLF messages between LF lines', `${FROM}\nA: b\r\n\r\nc\r\n\n${FROM}\nd\r\n\n`, ['A: b\r\n\r\nc\r\n', 'd\r\n']],
    ['a message that ends with empty lines', `${FROM}\na\n\n\n\n${FROM}\nb\n\n`, ['a\n\n\n', 'b\n']],
    ['a message of no octets', `${FROM}\n\n${FROM}\n\n`, ['', '']],
    [
      'a line that only looks like one',
      `${FROM}\na\n\nFrom here on it rained.\n\n`,
      ['a\n\nFrom here on it rained.\n'],
    ],
    ['quoted lines', `${FROM}\na\n>From b\n>>From c\n\n`, ['a\nFrom b\n>From c\n']],
    ['no empty line between', `${FROM}\na\n${FROM}\nb\n`, ['a\n', 'b\n']],
    [
      'a doubtful line after text',
      `${FROM}\na\nFrom 10:30 on in 2019 it rained\n`,
      ['a\nFrom 10:30 on in 2019 it rained\n'],
    ],
    [
      'From_ lines of other makers',
      'From 1234@xxx Mon Jan 01 00:00:00 +0000 2018\na\n\nFrom - Sat May 01 10:00:00 2021\nb\n\n',
      ['a\n', 'b\n'],
    ],
  ])('%s', async (_, content, expected) => {
    expect(await messagesOf(content)).toEqual(expected);
  });

  test('mboxo keeps what it never added', async () => {
    expect(await messagesOf(`${FROM}\n>From a\n>>From b\n\n`, 'mboxo')).toEqual(['From a\n>>From b\n']);
  });

  test('what stands before the first From_ line is told, not swallowed', async () => {
    const file = path.join(folder, 'one.mbox');
    await writeFile(file, `garbage\n\n${FROM}\na\n\n`);
    const source = await openMbox(file, { mailbox: '', quoting: 'mboxrd' });
    const outcomes: string[] = [];
    for await (const item of source.items())
      outcomes.push(await item.read().then(String, (error: Error) => error.message));
    await source.close();
    expect(outcomes).toEqual(['what stands before the first From_ line is no message', 'a\n']);
  });

  test('windows do not lose or double a message, wherever their borders fall', async () => {
    const sizes = [1024 * 1024 - 60, 3, 1024 * 1024 - 1100, 2 * 1024 * 1024 + 1, 900, 5, 70_000, 1024 * 1024];
    const bodies = sizes.map((size, index) => `Subject: ${index}\n\n${'x'.repeat(size)}\n`);
    for (let shift = 0; shift < 12; shift++) {
      const shifted = bodies.map((body) => body + 'y'.repeat(shift * 97) + (shift > 0 ? '\n' : ''));
      expect(await messagesOf(shifted.map((body) => `${FROM}\n${body}\n`).join(''))).toEqual(shifted);
    }
  });

  test('many small ones', async () => {
    const bodies = Array.from({ length: 30_000 }, (_, index) => `Subject: ${index}\n\n${'z'.repeat(index % 190)}\n`);
    expect(await messagesOf(bodies.map((body) => `${FROM}\n${body}\n`).join(''))).toEqual(bodies);
  });

  test('keys are the same in each run, and differ', async () => {
    const keys = async (): Promise<string[]> => {
      const source = await openMbox(path.join(folder, 'keys.mbox'), { mailbox: 'A', quoting: 'mboxrd' });
      const found: string[] = [];
      for await (const item of source.items()) found.push(item.key);
      await source.close();
      return found;
    };
    await writeFile(path.join(folder, 'keys.mbox'), `${FROM}\na\n\n${FROM}\na\n\n`);
    const first = await keys();
    expect(new Set(first).size).toBe(2);
    expect(await keys()).toEqual(first);
    await writeFile(path.join(folder, 'keys.mbox'), `${FROM.replace('ann', 'bob')}\na\n\n${FROM}\na\n\n`);
    const second = await keys();
    expect(second[0]).not.toBe(first[0]);
    expect(second[1]).toBe(first[1]);
  });
});

test('entries are places in the file', async () => {
  const file = path.join(folder, 'places.mbox');
  await writeFile(file, `${FROM}\na\n\n`);
  const handle = await open(file);
  const entries = [];
  for await (const entry of scanMbox(handle)) entries.push(entry);
  await handle.close();
  expect(entries).toEqual([{ offset: 0, fromLine: FROM, start: 46, end: 48 }]);
});

test.each([
  [FROM, '2021-07-08T12:08:34.000Z'],
  ['From a@b Mon Jan 01 00:00:00 +0200 2018', '2017-12-31T22:00:00.000Z'],
  ['From a@b Mon Jan  1 00:00 2018 -0130', '2018-01-01T01:30:00.000Z'],
  ['From a@b Mon Jan  1 09:05:00 CET 2018', '2018-01-01T09:05:00.000Z'],
  ['From nobody at all', null],
])('date of %s', (line, expected) => {
  expect(fromLineDate(line)?.toISOString() ?? null).toBe(expected);
});

test('looksLikeMbox', () => {
  expect(looksLikeMbox(Buffer.from(`${FROM}\r\nx`))).toBe(true);
  expect(looksLikeMbox(Buffer.from('From: ann at 10:00 in 2020\n'))).toBe(false);
  expect(looksLikeMbox(Buffer.alloc(0))).toBe(false);
});
