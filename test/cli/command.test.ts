/** What the command says to a line that is wrong, and how it ends. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eider } from './run-eider.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-command-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a wrong line ends with 2, says why on stderr, and shows no stack', () => {
  test.each<[string, string[], RegExp]>([
    ['no command', [], /no command given[\s\S]*serve/],
    ['unknown command', ['frobnicate'], /Unknown command/],
    ['unknown option', ['gc', '--dryrun'], /--dryrun/],
    ['an option twice', ['stats', '--data', 'a', '--data', 'b'], /--data is given more than once/],
    ['an option without its value', ['stats', '--data'], /--data/],
    ['a word too many', ['gc', 'now'], /one word too many: now/],
    ['a word too few', ['account', 'add'], /NAME/],
    ['a value that is none of the list', ['account', 'add', 'x', '--copies', 'none'], /copies/],
    ['no amount', ['account', 'add', 'x', '--quota', 'lots'], /not an amount/],
    ['no span', ['gc', '--grace', 'soon'], /not a span/],
    ['no port', ['serve', '--imap', '99999'], /not a port/],
    ['half of TLS', ['serve', '--tls-key', 'x'], /go together/],
    ['removing without --yes', ['account', 'remove', 'x'], /--yes/],
    ['two passwords', ['account', 'add', 'x', '--password', 'a', '--password-stdin'], /both/],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await eider(args, { env: { EIDER_DATA: path.join(folder, 'none') } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

test('a store that is not there is not made', async () => {
  for (const args of [
    ['stats'],
    ['check'],
    ['gc'],
    ['account', 'list'],
    ['export', 'ann', 'x'],
    ['import', 'ann', '.'],
  ]) {
    const { code, stderr } = await eider([...args, '--data', path.join(folder, 'none')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^eider: there is no store in .*none/);
  }
});

test('EIDER_DEBUG=1 shows the stack', async () => {
  const { stderr } = await eider(['stats', '--data', path.join(folder, 'none')], { env: { EIDER_DEBUG: '1' } });
  expect(stderr).toMatch(/\n\s+at /);
});

test('help ends with 0, for each command', async () => {
  const commands = [
    [],
    ['serve'],
    ['account'],
    ['account', 'add'],
    ['import'],
    ['export'],
    ['check'],
    ['gc'],
    ['stats'],
    ['demo'],
    ['migrate'],
    ['mongodb'],
    ['mongodb', 'init'],
  ];
  for (const args of commands) {
    const { code, stdout, stderr } = await eider([...args, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`eider${args.map((word) => ` ${word}`).join('')}`);
    expect(stdout).not.toContain('\x1b');
  }
});
