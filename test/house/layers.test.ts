/** Arrows between the rooms of the house point down only, and never in a circle. */

import { describe, expect, test } from 'vitest';
import { roomOf, sourceFiles } from './source-tree.ts';

const BASE = ['errors.ts', 'model'];
const TOLD = [...BASE, 'tracing'];
const CONTRACT = [...BASE, 'engine'];
const STORE = [...CONTRACT, 'mime', 'store', 'auth', 'crypto', 'tracing'];

/** What each room may import beside itself; `null` is anything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[] | null>> = {
  'errors.ts': [],
  model: ['errors.ts'],
  mime: BASE,
  engine: BASE,
  net: TOLD,
  tracing: BASE,
  sqlite: CONTRACT,
  mongodb: [...CONTRACT, 'terms'],
  terms: BASE,
  blobs: CONTRACT,
  store: [...CONTRACT, 'mime', 'tracing'],
  auth: [...CONTRACT, 'mime', 'crypto', 'tracing'],
  crypto: [...CONTRACT, 'mime'],
  imap: [...STORE, 'net'],
  webhooks: [...CONTRACT, 'store', 'crypto', 'net'],
  delivery: [...STORE, 'webhooks', 'net'],
  lmtp: [...STORE, 'delivery', 'net'],
  rest: [...STORE, 'delivery', 'net'],
  testing: null,
  cli: null,
  'index.ts': null,
  'open-store.ts': null,
};

const files = sourceFiles();

test('imports are found at all', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.find((file) => file.name === 'open-store.ts')?.imports).toContain('store/store.ts');
  expect(files.find((file) => file.name === 'cli/main.ts')?.imports).toContain('cli/serve.ts');
});

test('each room has a place in the layers', () => {
  const rooms = new Set(files.map((file) => roomOf(file.name)));
  expect([...rooms].filter((room) => !Object.hasOwn(MAY_IMPORT, room))).toEqual([]);
});

test('imports follow the layers', () => {
  const wrong = files.flatMap((file) => {
    const allowed = MAY_IMPORT[roomOf(file.name)];
    if (!allowed) return [];
    const rooms = [roomOf(file.name), ...allowed];
    return file.imports
      .filter((target) => !rooms.includes(roomOf(target)))
      .map((target) => `${file.name} -> ${target}`);
  });
  expect(wrong).toEqual([]);
});

test('relative imports name files that exist', () => {
  const names = new Set(files.map((file) => file.name));
  const missing = files.flatMap((file) =>
    file.imports
      .filter((target) => target.endsWith('.ts') && !names.has(target))
      .map((target) => `${file.name} -> ${target}`),
  );
  expect(missing).toEqual([]);
});

test('nothing imports an index.ts', () => {
  const wrong = files.filter((file) => file.imports.some((target) => /(?:^|\/)index\.ts$/.test(target)));
  expect(wrong.map((file) => file.name)).toEqual([]);
});

test('a concrete engine is known to open-store, testing and the command only', () => {
  const users = files.filter((file) =>
    file.imports.some((target) => ['sqlite', 'mongodb', 'blobs'].includes(roomOf(target))),
  );
  const strangers = users
    .map((file) => roomOf(file.name))
    .filter((room) => !['sqlite', 'mongodb', 'blobs', 'open-store.ts', 'testing', 'cli', 'index.ts'].includes(room));
  expect(strangers).toEqual([]);
});

/** Files whose types may be named by what they import, each with its reason. */
const KNOWN_BY_THEIR_PARTS: Readonly<Record<string, string>> = {
  'imap/session.ts': 'a session runs the commands, and each command is handed the session',
};

test('there is no circle', () => {
  const graph = files.map(({ name, imports, typeImports }): [string, string[]] => [
    name,
    imports.filter((target) => !(Object.hasOwn(KNOWN_BY_THEIR_PARTS, target) && typeImports.includes(target))),
  ]);
  expect(findCircles(new Map(graph))).toEqual([]);
});

describe('findCircles', () => {
  test('finds one, and none where there is none', () => {
    expect(
      findCircles(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).toEqual(['b -> c -> b']);
    expect(
      findCircles(
        new Map([
          ['a', ['b', 'c']],
          ['b', ['c']],
          ['c', []],
        ]),
      ),
    ).toEqual([]);
  });
});

function findCircles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    const at = trail.indexOf(name);
    if (at >= 0) circles.push([...trail.slice(at), name].join(' -> '));
    if (at >= 0 || done.has(name)) return;
    for (const target of graph.get(name) ?? []) visit(target, [...trail, name]);
    done.add(name);
  };
  for (const name of graph.keys()) visit(name, []);
  return circles;
}
