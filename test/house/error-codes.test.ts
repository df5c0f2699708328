/** The list of error codes is closed: each is thrown somewhere, and told where the list is. */

import { expect, test } from 'vitest';
import { sourceFiles } from './source-tree.ts';

const files = sourceFiles();
const errors = files.find((file) => file.name === 'errors.ts')?.text ?? '';
const codes = [...(/export type ErrorCode =([^;]*);/.exec(errors)?.[1] ?? '').matchAll(/'([A-Z_]+)'/g)].map(
  (match) => match[1] as string,
);

/** Code that makes errors: not where they are recognised, mapped to replies, or listed. */
function throwingCode(): string {
  return files
    .filter(({ name }) => !/^(?:errors\.ts|cli\/|imap\/refusal\.ts|lmtp\/.*repl)/.test(name))
    .map(({ code }) => code.replace(/isEiderError\([^)]*\)/g, ''))
    .join('\n');
}

test('there are codes, sorted', () => {
  expect(codes.length).toBeGreaterThan(20);
  expect(codes).toEqual([...codes].sort());
});

test('each is documented', () => {
  const documented = new Set(
    [...(/\/\*\*[^/]*Every code([\s\S]*?)\*\//.exec(errors)?.[0] ?? '').matchAll(/`([A-Z_]+)`/g)].map(
      (match) => match[1],
    ),
  );
  expect(codes.filter((code) => !documented.has(code))).toEqual([]);
  expect([...documented].filter((code) => !codes.includes(code as string))).toEqual([]);
});

test('each is thrown somewhere', () => {
  const code = throwingCode();
  expect(codes.filter((name) => !code.includes(`'${name}'`))).toEqual([]);
});

test('no other code is thrown', () => {
  const thrown = [...throwingCode().matchAll(/new EiderError\(\s*'([^']+)'/g)].map((match) => match[1] as string);
  expect(thrown.length).toBeGreaterThan(20);
  expect(thrown.filter((code) => !codes.includes(code))).toEqual([]);
});
