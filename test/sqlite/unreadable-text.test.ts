/** A message whose text cannot be taken for search does not keep the others from being found. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { NO_FLAGS } from '../../src/model/flags.ts';
import { makeContent } from '../../src/testing/make-content.ts';
import { openTestEngine } from './open-test-engine.ts';

const EXTRACTOR = `export function extract(stored) {
  if (stored.size % 2) throw new Error('unreadable');
  return { from: '', to: '', cc: '', bcc: '', subject: '', header: '', body: 'findable' };
}`;

it.each(['in memory', 'in a folder'])('%s', async (where) => {
  const folder = await mkdtemp(join(tmpdir(), 'eider-unreadable-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const module = join(folder, 'extractor.mjs');
  await writeFile(module, EXTRACTOR);
  const engine = await openTestEngine(where === 'in memory' ? ':memory:' : folder, {
    extractor: { module: pathToFileURL(module).href, name: 'extract' },
  });
  onTestFinished(() => engine.close());
  const limits = { octets: null, messages: null };
  await engine.directory.create({
    id: 'a1',
    name: 'ann',
    addresses: [],
    limits,
    copies: 'label',
    created: 0,
    passwordHash: null,
  });
  const sizes = [1001, 1002, 1003, 1004];
  const inbox = await engine.write('a1', async (tx) => {
    const { id } = await tx.createMailbox('INBOX', null);
    const threadId = await tx.newThread();
    const messages = sizes.map((size) => ({
      content: { ...makeContent(size), size, hasAllText: true },
      flags: NO_FLAGS,
      internalDate: 0,
      threadId,
    }));
    await tx.add(id, messages);
    return id;
  });
  const found = await engine.read('a1', (tx) => tx.search(inbox, { key: 'body', text: 'findable' }));
  expect([...found]).toEqual([2, 4]);
});
