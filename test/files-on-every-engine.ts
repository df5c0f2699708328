/** Which test files run on every engine: those that ask `engine-under-test.ts` for a store, themselves or by a fixture. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const FOLDER = import.meta.dirname;
/**
 * Tests in these folders are about one engine, whatever they import. Processes that are killed leave transactions in a
 * cluster until its limit (60 s on MongoDB), so the tests of durability are not for it.
 */
const OF_ONE_ENGINE = /^(?:sqlite|mongodb|engines|durability)\//;

/** These are about the wire, and ask the store for little: an engine more would show nothing more. */
const OF_THE_WIRE = /^imap\/(?:compress|connection-hooks|limits|memory|server)\.test\.ts$/;

/** Their names, relative to the root. */
export function filesOnEveryEngine(): string[] {
  const imports = new Map<string, string[]>();
  for (const entry of readdirSync(FOLDER, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const file = join(entry.parentPath, entry.name);
    const found = readFileSync(file, 'utf8').matchAll(/ from '(\.{1,2}\/[^']+\.ts)'/g);
    imports.set(
      file,
      [...found].map(([, name]) => resolve(dirname(file), name as string)),
    );
  }
  const reached = new Set([join(FOLDER, 'engine-under-test.ts')]);
  for (let before = 0; before < reached.size; ) {
    before = reached.size;
    for (const [file, names] of imports) if (names.some((name) => reached.has(name))) reached.add(file);
  }
  const names = [...reached].map((file) => relative(FOLDER, file));
  return names
    .filter((name) => name.endsWith('.test.ts') && !OF_ONE_ENGINE.test(name) && !OF_THE_WIRE.test(name))
    .map((name) => `test/${name}`)
    .sort();
}
