/** What is published: the subpaths, and a tarball that works in an empty folder. */

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DIST, ROOT, sourceFiles } from './source-tree.ts';

const run = promisify(execFile);
const manifest = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types: string; default: string }>;
  dependencies: Record<string, string>;
  bin: Record<string, string>;
};

test('folders with an index.ts are the subpaths', () => {
  const folders = sourceFiles().filter(({ name }) => /(?:^|\/)index\.ts$/.test(name));
  const subpaths = folders.map(({ name }) => (name === 'index.ts' ? '.' : `./${path.posix.dirname(name)}`));
  expect(
    Object.keys(manifest.exports)
      .filter((name) => name !== './package.json')
      .sort(),
  ).toEqual(subpaths.sort());
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (name === './package.json') continue;
    const folder = name === '.' ? './dist' : `./dist/${name.slice(2)}`;
    expect(target).toEqual({ types: `${folder}/index.d.ts`, default: `${folder}/index.js` });
  }
});

describe('the packed tarball', () => {
  let folder: string;
  let packed: string[];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'eider-pack-'));
    const staged = path.join(folder, 'staged');
    await mkdir(staged);
    for (const name of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'NOTICE'])
      await cp(path.join(ROOT, name), path.join(staged, name));
    await cp(path.join(ROOT, 'docs'), path.join(staged, 'docs'), { recursive: true });
    await cp(DIST, path.join(staged, 'dist'), { recursive: true });
    const options = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const { stdout } = await run('npm', options, {
      cwd: staged,
      env: { ...process.env, npm_config_cache: path.join(folder, 'cache') },
    });
    const answer = JSON.parse(stdout) as unknown;
    const [tarball] = Object.values(answer as Record<string, { filename: string; files: { path: string }[] }>);
    packed = tarball?.files.map((file) => file.path) ?? [];
    const modules = path.join(folder, 'app', 'node_modules');
    await mkdir(path.join(modules, 'eider'), { recursive: true });
    await run('tar', [
      '-xzf',
      path.join(folder, path.basename(tarball?.filename ?? '')),
      '-C',
      path.join(modules, 'eider'),
      '--strip-components=1',
    ]);
    for (const name of Object.keys(manifest.dependencies)) {
      await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
      await symlink(path.join(ROOT, 'node_modules', name), path.join(modules, name));
    }
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const node = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
    run(process.execPath, args, { cwd: path.join(folder, 'app') });

  test('holds the build and the pages, and nothing else', async () => {
    const pages = (await readdir(path.join(ROOT, 'docs'))).map((name) => `docs/${name}`);
    expect(pages.filter((name) => !/^docs\/[a-z-]+\.(?:md|json)$/.test(name))).toEqual([]);
    expect(packed.filter((name) => !name.startsWith('dist/')).sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'NOTICE', 'README.md', 'package.json', ...pages].sort(),
    );
    expect(packed.filter((name) => name.startsWith('dist/') && !/\.(?:js|d\.ts)$/.test(name))).toEqual([]);
  });

  test('each subpath imports', async () => {
    const names = Object.keys(manifest.exports).filter((name) => name !== './package.json');
    for (const name of names) {
      const specifier = path.posix.join('eider', name);
      const program = `import * as it from '${specifier}'; console.log(Object.keys(it).length)`;
      const { stdout, stderr } = await node('--input-type=module', '-e', program);
      expect(stderr).toBe('');
      expect(Number(stdout)).toBeGreaterThan(0);
    }
  });

  test('a store in memory works', async () => {
    const program = `
      import { openStore } from 'eider';
      const store = await openStore({ path: ':memory:' });
      const account = await store.accounts.create({ name: 'ann', password: 'correct horse' });
      const { uid } = await store.append(account.id, 'INBOX', 'Subject: hello\\r\\n\\r\\nworld\\r\\n');
      console.log(uid, (await store.mailbox(account.id, 'INBOX')).messages);
      await store.close();`;
    expect((await node('--input-type=module', '-e', program)).stdout).toBe('1 1\n');
  });

  test('a store says what it needs an optional package for', async () => {
    const program = `
      import { openStore } from 'eider';
      const relyingParty = { id: 'example.org', name: 'Example', origins: ['https://mail.example.org'] };
      const store = await openStore({ path: ':memory:', authentication: { relyingParty } });
      await store.auth.beginPasskey().catch(({ code, message }) => console.log(code, message));
      await store.close();`;
    expect((await node('--input-type=module', '-e', program)).stdout).toMatch(/^UNSUPPORTED .*@simplewebauthn\/server/);
  });

  test('the command runs', async () => {
    const bin = path.join('node_modules', 'eider', manifest.bin.eider as string);
    const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect((await node(bin, '--version')).stdout).toBe(`${version}\n`);
    const text = await readFile(path.join(folder, 'app', bin), 'utf8');
    expect(text.startsWith('#!/usr/bin/env node\n')).toBe(true);
  });

  test('declarations name no file that is not there', async () => {
    const top = path.join(folder, 'app', 'node_modules', 'eider', 'dist');
    const names = (await readdir(top, { recursive: true })).filter((name) => name.endsWith('.d.ts'));
    expect(names.length).toBeGreaterThan(50);
    for (const name of names) {
      const text = await readFile(path.join(top, name), 'utf8');
      for (const [, target] of text.matchAll(/from '(\.[^']+)'/g)) {
        const file = path.join(path.dirname(name), (target as string).replace(/\.(?:ts|js)$/, '.d.ts'));
        expect(names).toContain(path.normalize(file));
      }
    }
  });
});
