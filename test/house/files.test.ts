/** Files are small, named for what they hold, and open with a sentence that says what that is. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, type SourceFile, sourceFiles } from './source-tree.ts';

/** Files above 300 lines of code, each with its reason. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'rest/client/operations.ts': 'written by a program: test/rest/client.test.ts',
  'auth/store-authentication.ts': 'the contract has as many methods, each a few lines here',
  'store/store.ts': 'the contract has as many methods, each a line or two here',
};

const files = sourceFiles();
const lines = ({ text }: SourceFile): number => text.trimEnd().split('\n').length;
const linesOfCode = ({ code }: SourceFile): number => code.split('\n').filter((line) => line.trim() !== '').length;

test('no file has more than 300 lines of code, or it is listed with a reason; none has more than 400 lines', () => {
  const long = files.filter((file) => linesOfCode(file) > 300).map((file) => file.name);
  expect(long.filter((name) => !Object.hasOwn(LONG_FILES, name))).toEqual([]);
  const others = files.filter(({ name }) => !Object.hasOwn(LONG_FILES, name));
  expect(others.filter((file) => lines(file) > 400).map((file) => file.name)).toEqual([]);
});

test('the list of long files holds only long ones', () => {
  const long = files.filter((file) => linesOfCode(file) > 300).map((file) => file.name);
  expect(Object.keys(LONG_FILES).filter((name) => !long.includes(name))).toEqual([]);
});

test('names are kebab-case, and none is a bag for everything', () => {
  const odd = files.filter(({ name }) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(name));
  expect(odd.map((file) => file.name)).toEqual([]);
  const bags = files.filter(({ name }) => /(?:^|[/-])(?:utils?|helpers?|misc|common)(?:\.ts$|\/|-)/.test(name));
  expect(bags.map((file) => file.name)).toEqual([]);
});

test('depth is src/folder/file; only imap, auth, rest and store have folders below', () => {
  const below =
    /^(?:imap\/(?:commands|wire)|auth\/(?:sasl|hashes)|rest\/(?:groups|messages|events|client)|store\/events)\//;
  const deep = files.filter(({ name }) => name.split('/').length > (below.test(name) ? 3 : 2));
  expect(deep.map((file) => file.name)).toEqual([]);
});

test('each file opens with a comment whose first sentence ends', () => {
  const silent = files.filter(({ text }) => !/^(?:#!.*\n)?\/\*\*\s[\s*]*[A-Z`{][\s\S]*?[.:][\s\S]*?\*\//.test(text));
  expect(silent.map((file) => file.name)).toEqual([]);
});

// Enums and parameter properties are refused by the compiler: erasableSyntaxOnly.
test('no default export', () => {
  const wrong = files.filter(({ code }) => /^export default|\bas default\b/m.test(code));
  expect(wrong.map((file) => file.name)).toEqual([]);
});

test('nothing speaks of the place where it was written', () => {
  const local = /(?:^|['"`\s(])\/(?:home|root|work|Users|tmp)\/|\/usr\/lib\/|[A-Z]:\\\\|\bTODO\b|\bFIXME\b|\bXXX\b/m;
  expect(files.filter(({ text }) => local.test(text)).map((file) => file.name)).toEqual([]);
});

test('hosts in the sources are examples, loopback, or standards', () => {
  const wrong = files.flatMap(({ name, text }) =>
    [...text.matchAll(/https?:\/\/([\w.-]+)/g)]
      .map((match) => match[1] as string)
      .filter(
        (host) =>
          !/(?:^|\.)(?:example\.(?:org|com|net)|rfc-editor\.org|ietf\.org|iana\.org)$|^localhost$|^127\./.test(host),
      )
      .map((host) => `${name}: ${host}`),
  );
  expect(wrong).toEqual([]);
});

test('the top of the repository has what a reader looks for', () => {
  const wanted = [
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'package.json',
    'tsconfig.json',
    'typedoc.json',
    'biome.json',
    '.ci/run',
  ];
  expect(wanted.filter((name) => !existsSync(path.join(ROOT, name)))).toEqual([]);
});
