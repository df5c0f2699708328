/** Commands on addresses, domains, and addresses that only forward. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { eider } from './run-eider.ts';

async function place() {
  const folder = await mkdtemp(path.join(tmpdir(), 'eider-address-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  const store = await openStore({ path: data });
  await store.accounts.create({ name: 'ann', address: 'ann@d.example', password: 'secret words' });
  await store.accounts.create({ name: 'bob', address: 'bob@d.example', password: 'secret words' });
  await store.close();
  const run = (...args: string[]) => eider([...args, '--data', data]);
  const must = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 0, '']);
    return stdout;
  };
  type Failure = readonly [code: number, message: RegExp, ...args: string[]];
  const failsOnce = async ([code, message, ...args]: Failure): Promise<void> => {
    const result = await run(...args);
    expect([args.join(' '), result.code]).toEqual([args.join(' '), code]);
    expect(result.stderr).toMatch(message);
  };
  // Each is a process of its own.
  const fails = (...all: Failure[]) => Promise.all(all.map(failsOnce));
  return { must, fails, data };
}

test('addresses are added, listed, changed, made the main one, resolved, removed', async () => {
  const { must, fails } = await place();
  await must(
    'address',
    'add',
    'ann',
    'Ann.Lee@d.example',
    '--display-name',
    'Ann Lee',
    '--tag',
    'work',
    '--tag',
    'vip',
  );
  expect(await must('address', 'add', 'ann', 'first@d.example', '--main')).toBe(
    'first@d.example is the main address of ann\n',
  );
  await must('address', 'add', 'ann', '*@ann.example', '--metadata', '{"k":1}');
  const listed = await must('address', 'list', 'ann');
  expect(listed).toMatch(/^ann +first@d\.example +main$/m);
  expect(listed).toMatch(/^ann +ann\.lee@d\.example +Ann Lee +work, vip$/m);
  expect(listed).toMatch(/^ann +\*@ann\.example +\{"k":1\}$/m);
  expect(JSON.parse(await must('address', 'list', '--tag', 'VIP', '--json'))).toMatchObject([
    { address: 'ann.lee@d.example', displayName: 'Ann Lee', tags: ['work', 'vip'] },
  ]);
  expect(await must('address', 'list', '--domain', 'd.example')).toMatch(/^bob +bob@d\.example +main$/m);
  await must('address', 'set', 'ann', 'ann.lee@d.example', '--tag', '', '--display-name', '');
  expect(JSON.parse(await must('address', 'list', 'ann', '--json'))[2]).toMatchObject({ displayName: null, tags: [] });
  await must('address', 'main', 'ann', 'ann@d.example');
  expect(await must('address', 'resolve', 'Ann+Lists@d.example')).toBe('account ann, by ann@d.example, detail Lists\n');
  expect(await must('address', 'resolve', 'x@ann.example')).toBe('account ann, by *@ann.example\n');
  expect(await must('address', 'remove', 'ann', '*@ann.example')).toBe('*@ann.example of ann removed\n');
  await fails(
    [1, /goes nowhere/, 'address', 'resolve', 'x@ann.example'],
    [1, /ADDRESS_PROTECTED/, 'address', 'remove', 'ann', 'ann@d.example'],
    [1, /no address bob@d\.example/, 'address', 'remove', 'ann', 'bob@d.example'],
    [1, /ADDRESS_EXISTS/, 'address', 'add', 'ann', 'bob@d.example'],
    [1, /ADDRESS_NOT_FOUND/, 'address', 'main', 'ann', 'bob@d.example'],
    [1, /ACCOUNT_NOT_FOUND/, 'address', 'list', 'carl'],
    [2, /JSON object/, 'address', 'add', 'ann', 'x@d.example', '--metadata', '{'],
    [2, /ADDRESS/i, 'address', 'add', 'ann'],
  );
});

test('domains have aliases, ignore dots, and get other names', async () => {
  const { must, fails } = await place();
  expect(await must('domain', 'alias', 'add', 'Alias.example', 'd.example')).toBe(
    'alias.example is an alias of d.example\n',
  );
  expect(await must('domain', 'alias', 'list')).toMatch(/^alias\.example +d\.example$/m);
  expect(JSON.parse(await must('domain', 'alias', 'list', 'd.example', '--json'))).toEqual([
    { alias: 'alias.example', domain: 'd.example' },
  ]);
  expect(await must('address', 'resolve', 'ann@alias.example')).toBe('account ann, by ann@d.example\n');
  await fails([1, /DOMAIN_INVALID/, 'domain', 'alias', 'add', 'd.example', 'e.example']);
  await must('domain', 'alias', 'remove', 'alias.example');
  await fails([1, /is no alias/, 'domain', 'alias', 'remove', 'alias.example']);

  expect(await must('domain', 'dots', 'd.example')).toBe('dots count in d.example\n');
  expect(await must('domain', 'dots', 'd.example', '--ignore')).toBe('dots do not count in d.example\n');
  expect(await must('address', 'resolve', 'a.n.n@d.example')).toBe('account ann, by ann@d.example\n');
  await fails([1, /ADDRESS_EXISTS/, 'address', 'add', 'bob', 'a.nn@d.example']);
  expect(JSON.parse(await must('domain', 'dots', 'd.example', '--count', '--json'))).toEqual({
    domain: 'd.example',
    ignoresDots: false,
  });
  await fails([2, /exclude/, 'domain', 'dots', 'd.example', '--count', '--ignore']);

  await must('address', 'add', 'bob', 'a.nn@d.example');
  const refusal = /without dots.* a\.?nn@d\.example and a\.?nn@d\.example \(ADDRESS_EXISTS\)/;
  await fails([1, refusal, 'domain', 'dots', 'd.example', '--ignore']);
  expect(await must('domain', 'rename', 'd.example', 'new.example')).toBe(
    '3 addresses of d.example are of new.example now\n',
  );
  expect(await must('address', 'resolve', 'bob@new.example')).toBe('account bob, by bob@new.example\n');
});

test('addresses that only forward are made, listed, shown, changed, removed', async () => {
  const { must, fails } = await place();
  const to = ['--to', 'x@else.example', '--to', 'y@else.example'];
  expect(await must('forward-address', 'add', 'News@d.example', ...to, '--per-day', '50', '--tag', 'list')).toBe(
    'news@d.example forwards to x@else.example, y@else.example\n',
  );
  expect(await must('address', 'resolve', 'news@d.example')).toBe(
    'x@else.example, y@else.example, by news@d.example\n',
  );
  expect(await must('forward-address', 'show', 'news@d.example')).toMatch(
    /^news@d\.example +x@else\.example, y@else\.example +50 +list$/m,
  );
  await must('forward-address', 'add', 'team-*@e.example', '--to', 'z@else.example');
  expect(await must('forward-address', 'list')).toMatch(/^team-\*@e\.example +z@else\.example +default$/m);
  expect(JSON.parse(await must('forward-address', 'list', 'd.example', '--json'))).toMatchObject([
    { address: 'news@d.example', forwardsPerDay: 50 },
  ]);
  await must('forward-address', 'set', 'news@d.example', '--to', 'z@else.example', '--per-day', 'default');
  expect(JSON.parse(await must('forward-address', 'show', 'news@d.example', '--json'))).toMatchObject({
    targets: ['z@else.example'],
    forwardsPerDay: null,
    tags: ['list'],
  });
  await must('forward-address', 'remove', 'news@d.example');
  await fails(
    [1, /forwards nothing/, 'forward-address', 'remove', 'news@d.example'],
    [1, /forwards nothing/, 'forward-address', 'show', 'news@d.example'],
    [1, /ADDRESS_NOT_FOUND/, 'forward-address', 'set', 'news@d.example'],
    [1, /ADDRESS_EXISTS/, 'forward-address', 'add', 'ann@d.example', ...to],
    [2, /--to/, 'forward-address', 'add', 'more@d.example'],
    [2, /--per-day/, 'forward-address', 'add', 'more@d.example', ...to, '--per-day', 'many'],
  );
});

test('a migration of all accounts takes domains and forwarding addresses along, one of some leaves them', async () => {
  const { must, data } = await place();
  await must('address', 'add', 'ann', 'team*@d.example');
  await must('domain', 'alias', 'add', 'alias.example', 'd.example');
  await must('forward-address', 'add', 'news@d.example', '--to', 'x@else.example');
  const targets = [`${data}-some`, `${data}-all`] as const;
  const migrate = async (...args: string[]) => {
    const result = await eider(['migrate', '--from', data, ...args]);
    expect(result).toMatchObject({ code: 0 });
    return result.stdout;
  };
  expect(await migrate('--to', targets[0], '--account', 'ann')).not.toContain('forwarding');
  expect(await migrate('--to', targets[1])).toContain('2 settings of domains and forwarding addresses copied');
  const resolved = async (folder: string, address: string) =>
    (await eider(['address', 'resolve', address, '--data', folder])).stdout;
  expect(await resolved(targets[0], 'teams@d.example')).toBe('account ann, by team*@d.example\n');
  expect(await resolved(targets[0], 'news@d.example')).toBe('');
  expect(await resolved(targets[1], 'teams@alias.example')).toBe('account ann, by team*@d.example\n');
  expect(await resolved(targets[1], 'news@d.example')).toBe('x@else.example, by news@d.example\n');
});
