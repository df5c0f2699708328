/** The examples compile and run, as do those in the README and in the documentation of exports. */

import { access, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eider } from '../cli/run-eider.ts';
import { ROOT, sourceFiles } from '../house/source-tree.ts';
import { ScratchApp } from './scratch-app.ts';

let app: ScratchApp;
beforeAll(async () => {
  app = await ScratchApp.make();
});
afterAll(() => app.remove());

const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
const blocksOf = (language: string, page: string = readme): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => match[1] as string);
const linksOf = (page: string): string[] =>
  [...page.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1] as string);

describe('examples', () => {
  test('each has a test', async () => {
    const folders = (await readdir(path.join(ROOT, 'examples'), { withFileTypes: true })).filter((entry) =>
      entry.isDirectory(),
    );
    expect(folders.map((entry) => entry.name)).toEqual(['automation', 'cluster', 'imap-server']);
  });

  test('imap-server serves, and stops on Ctrl-C', async () => {
    const text = await readFile(path.join(ROOT, 'examples', 'imap-server', 'server.ts'), 'utf8');
    expect(await app.compile({ 'server.ts': text })).toEqual([]);
    const subjects: (string | undefined)[] = [];
    const result = await app.run('server.js', {
      env: { IMAP_PORT: '0', LMTP_PORT: '0' },
      stopAt: /LMTP on port \d+\n/,
      seen: async (stdout) => {
        const port = Number(/IMAP on port (\d+)/.exec(stdout)?.[1]);
        const auth = { user: 'ann', pass: 'correct horse' };
        const client = new ImapFlow({ host: '127.0.0.1', port, secure: false, doSTARTTLS: false, auth, logger: false });
        await client.connect();
        await client.append('INBOX', 'Subject: hello\r\n\r\nworld\r\n');
        await client.mailboxOpen('INBOX');
        subjects.push(((await client.fetchOne('1', { envelope: true })) || undefined)?.envelope?.subject);
        await client.logout();
      },
    });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(subjects).toEqual(['hello']);
  });
});

/** How many words of a line name the command. */
const LEVELS: Readonly<Record<string, number>> = {
  account: 2,
  address: 2,
  'app-password': 2,
  'auto-reply': 2,
  dkim: 2,
  forwarding: 2,
  hold: 2,
  jobs: 2,
  key: 2,
  restore: 2,
  filter: 2,
  'second-factor': 3,
  token: 2,
};

describe('README', () => {
  test('its TypeScript compiles and runs', async () => {
    const blocks = blocksOf('ts');
    expect(blocks.length).toBeGreaterThan(0);
    const files = blocks.map((block, index) => [index === 0 ? 'readme.ts' : `readme-${index}.ts`, block]);
    expect(await app.compile(Object.fromEntries(files))).toEqual([]);
    for (const expected of ['1 25 world', '2 25 world']) {
      const { code, stdout, stderr } = await app.run('readme.js');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(expected);
      expect(stdout).toMatch(/IMAP on port \d+\n$/);
    }
  });

  test('its commands are those of package.json', async () => {
    const { scripts } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(readme).toContain('npm ci && npm run demo');
    expect(readme).toContain('npm ci && npm test');
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test', 'build']));
  });

  test('its lines of the command name commands and options that exist', async () => {
    const lines = blocksOf('sh')
      .flatMap((block) => block.split(/\n|&&/))
      .map((line) => line.replace(/#.*/, '').trim());
    const calls = lines.filter((line) => line.startsWith('eider ')).map((line) => line.split(/\s+/).slice(1));
    expect(calls.length).toBeGreaterThan(5);
    const optionsOf = new Map<string, string[]>();
    for (const words of calls) {
      const name = words.slice(0, LEVELS[words[0] as string] ?? 1).join(' ');
      optionsOf.set(name, [...(optionsOf.get(name) ?? []), ...words.filter((word) => word.startsWith('--'))]);
    }
    for (const [name, options] of optionsOf) {
      const { code, stdout } = await eider([...name.split(' '), '--help']);
      expect(code).toBe(0);
      for (const option of options) expect(stdout).toContain(option);
    }
  });

  test('its links lead to files that are there', async () => {
    for (const target of linksOf(readme)) await access(path.join(ROOT, target));
  });
});

describe('pages', async () => {
  const names = (await readdir(path.join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
  const pageOf = (name: string): Promise<string> => readFile(path.join(ROOT, 'docs', name), 'utf8');

  test('there are some, and the README leads to each', () => {
    expect(names.length).toBeGreaterThan(0);
    expect(linksOf(readme)).toEqual(expect.arrayContaining(names.map((name) => `docs/${name}`)));
  });

  test.each(names)('%s: its TypeScript compiles', async (name) => {
    const blocks = blocksOf('ts', await pageOf(name));
    const stem = name.replace(/\.md$/, '');
    const files = Object.fromEntries(
      blocks.map((block, index) => [`docs-${stem}-${index}.ts`, `${block}\nexport {};\n`]),
    );
    expect(await app.compile(files)).toEqual([]);
  });

  test.each(names)('%s: its links lead to files that are there', async (name) => {
    for (const target of linksOf(await pageOf(name))) await access(path.join(ROOT, 'docs', target));
  });
});

test('examples in the documentation of exports compile', async () => {
  const files: Record<string, string> = {
    'given.d.ts':
      "declare function myEngine(): import('eider').Engine;\ndeclare function openMyEngine(): Promise<import('eider').Engine>;\n",
  };
  for (const { name, text } of sourceFiles()) {
    for (const [index, match] of [...text.matchAll(/^ *\* ```ts\n([\s\S]*?)^ *\* ```$/gm)].entries()) {
      const code = (match[1] as string).replace(/^ *\* ?/gm, '');
      // One beside a function leaves out the imports that the page's head shows.
      const imports = code.includes("from 'eider")
        ? ''
        : "import { openStore } from 'eider';\nimport { engineSuite } from 'eider/testing';\nimport { describe, it } from 'node:test';\nvoid [openStore, engineSuite, describe, it];\n";
      files[`${name.replace(/\W/g, '-')}-${index}.ts`] = `${imports}${code}\nexport {};\n`;
    }
  }
  expect(Object.keys(files).length).toBeGreaterThan(4);
  expect(await app.compile(files)).toEqual([]);
});
