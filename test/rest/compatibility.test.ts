/** The page on WildDuck's operations says what there is. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OPERATIONS } from '../../src/rest/operations.ts';
import { openRest } from './rest-fixture.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/wildduck-compatibility.md'), 'utf8');
const rows = [...page.matchAll(/^\| (GET|POST|PUT|DELETE) \| `([^`]+)` \| ([a-z ]+) \|/gm)].map(
  ([, method, path, status]) => ({ name: `${method} ${path}`, status }),
);
const own = new Set(OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`));

test('it has all of WildDuck’s operations, each once', () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  expect(rows).toHaveLength(118);
});

test('what it calls done is there, and what is there it calls done', () => {
  expect(rows.filter(({ name, status }) => status === 'yes' && !own.has(name)).map(({ name }) => name)).toEqual([]);
  expect(rows.filter(({ name, status }) => status === 'not yet' && own.has(name)).map(({ name }) => name)).toEqual([]);
  expect(rows.filter(({ status }) => status !== 'yes' && status !== 'not yet')).toEqual([]);
});

test('the API’s description has the same operations', async () => {
  const { api } = await openRest();
  const { paths } = api.openApi as { paths: Record<string, Record<string, { operationId: string }>> };
  const told = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(new Set(told)).toEqual(own);
  const ids = OPERATIONS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
