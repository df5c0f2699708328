/** Every export of a subpath has a summary, the page on engines has all of the contract, and every RFC that the code cites stands in the README's table. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { engineSuite } from '../../src/testing/engine-suite.ts';
import { ROOT, sourceFiles } from './source-tree.ts';

const files = sourceFiles();
const indexes = files.filter(({ name }) => /(?:^|\/)index\.ts$/.test(name)).map(({ name }) => name);

describe('documentation of exports', () => {
  const config = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), ts.sys.readFile).config as {
    compilerOptions: object;
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const program = ts.createProgram(
    indexes.map((name) => path.join(ROOT, 'src', name)),
    { ...options, noEmit: true },
  );
  const checker = program.getTypeChecker();

  test.each(indexes)('%s', (name) => {
    const file = program.getSourceFile(path.join(ROOT, 'src', name));
    const module = file && checker.getSymbolAtLocation(file);
    const symbols = module ? checker.getExportsOfModule(module) : [];
    expect(symbols.length).toBeGreaterThan(0);
    const silent = symbols.filter((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return ts.displayPartsToString(target.getDocumentationComment(checker)).trim() === '';
    });
    expect(silent.map((symbol) => symbol.name)).toEqual([]);
  });

  test.each(indexes)('%s opens with @module', (name) => {
    expect(files.find((file) => file.name === name)?.text).toMatch(/^\/\*\*[\s\S]*?@module[\s\S]*?\*\//);
  });
});

describe('the page on engines', () => {
  const page = readFileSync(path.join(ROOT, 'docs', 'engines.md'), 'utf8');
  const terms = new Set([...page.matchAll(/^\| ([^|]*) \|/gm)].flatMap((match) => words(match[1] as string)));

  test('tells a promise of each member of the contract', () => {
    const contracts = ['Engine', 'Directory', 'ReadTransaction', 'WriteTransaction'];
    const members = [
      ...contracts.flatMap((name) => membersOf('engine/engine.ts', name)),
      ...membersOf('engine/account-transfer.ts', 'AccountTransfer'),
      ...membersOf('engine/vault.ts', 'Vault'),
    ];
    expect(members.length).toBeGreaterThan(45);
    expect(members.filter((name) => !terms.has(name))).toEqual([]);
  });

  test('names each group of the suite', () => {
    const groups: string[] = [];
    engineSuite({
      describe: (name, body) => {
        groups.push(name);
        body();
      },
      it: Object.assign(() => {}, { skip: () => {} }),
      supports: { persistence: true, processes: true },
      open: () => Promise.reject(new Error('no case runs')),
    });
    expect(groups.length).toBeGreaterThan(10);
    expect(groups.filter((name) => !terms.has(name))).toEqual([]);
  });

  function words(cell: string): string[] {
    return cell.split(/[`,\s]+/).filter((word) => word !== '');
  }

  function membersOf(fileName: string, name: string): string[] {
    const text = files.find((file) => file.name === fileName)?.text ?? '';
    const contract = ts.createSourceFile('engine.ts', text, ts.ScriptTarget.Latest);
    const found = contract.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name);
    return (found as ts.InterfaceDeclaration).members.map((member) => (member.name as ts.Identifier).text);
  }
});

test('the page on scaling has the round trips that are tested', () => {
  const page = readFileSync(path.join(ROOT, 'docs', 'scaling.md'), 'utf8');
  const operations = JSON.parse(readFileSync(path.join(ROOT, 'docs', 'round-trips.json'), 'utf8')) as {
    readonly operation: string;
    readonly statements: number;
    readonly commits: number;
    readonly what: string;
  }[];
  expect(operations.length).toBeGreaterThan(20);
  const rows = operations.map(
    ({ operation, statements, commits, what }) => `| ${operation} | ${statements} | ${commits} | ${what} |\n`,
  );
  expect(page).toContain(
    `| operation | statements | commits | what they are |\n| --- | --: | --: | --- |\n${rows.join('')}\n`,
  );
});

test('the page on scaling has the figures that its simulation gives', () => {
  const page = readFileSync(path.join(ROOT, 'docs', 'scaling.md'), 'utf8');
  const command = ['bench/simulate-cluster.mjs', '--accounts', '100000', '--shards', '8'];
  expect(page).toContain(`node ${command.join(' ')}`);
  const rows = execFileSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8' }).match(/^\|.*\|$/gm) ?? [];
  expect(rows.length).toBeGreaterThan(6);
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
});

describe('RFCs', () => {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const listed = new Set([...readme.matchAll(/^\| (\d{4}) \|/gm)].map((match) => Number(match[1])));
  const cited = new Map<number, string>();
  for (const { name, text } of files) {
    for (const match of text.matchAll(/\bRFCs? (\d{3,5})((?:(?:,| and|, and|\/) (?:RFC )?\d{4})*)/g)) {
      for (const number of `${match[1]} ${match[2]}`.matchAll(/\d{3,5}/g)) cited.set(Number(number[0]), name);
    }
  }

  test('each that the sources cite stands in the status table', () => {
    expect(cited.size).toBeGreaterThan(10);
    expect([...cited].filter(([number]) => !listed.has(number)).map(([number, name]) => `${number} (${name})`)).toEqual(
      [],
    );
  });

  test('what IMAP announces is complete, and what it does not is not called so', () => {
    const capabilities = files.find(({ name }) => name === 'imap/capabilities.ts')?.text ?? '';
    const announced = new Set([...capabilities.matchAll(/', \/\/ RFC (\d+)/g)].map((match) => Number(match[1])));
    expect(announced.size).toBeGreaterThan(10);
    const status = new Map(
      [...readme.matchAll(/^\| (\d{4}) \|[^|]*\| ([^|]*) \|$/gm)].map((match) => [
        Number(match[1]),
        match[2] as string,
      ]),
    );
    expect([...announced].filter((number) => !/complete/.test(status.get(number) ?? ''))).toEqual([]);
    expect([...announced].filter((number) => /^(?:parts|not)/.test(status.get(number) ?? ''))).toEqual([]);
  });

  test('the table is in order, and each RFC stands in it once', () => {
    const order = [...readme.matchAll(/^\| (\d{4}) \|/gm)].map((match) => Number(match[1]));
    expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
  });
});
