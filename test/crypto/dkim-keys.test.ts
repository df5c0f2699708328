/** The keys of domains as a store has them. */

import { generateKeyPairSync } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { DkimKey } from '../../src/model/dkim.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { emptyPlace, openTestedStore } from '../engine-under-test.ts';
import { verifyDkim } from './verify-dkim.ts';

const SECRET = Buffer.alloc(32, 5);
const MESSAGE = 'From: ann@example.org\r\nSubject: hello\r\n\r\nworld\r\n';

async function open(options: Parameters<typeof openTestedStore>[0] = {}): Promise<MessageStore> {
  const store = await openTestedStore({ secret: SECRET, ...options });
  onTestFinished(() => store.close());
  return store;
}

const pem = (type: 'pkcs1' | 'pkcs8', bits: number): string => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return privateKey.export({ type, format: 'pem' }).toString();
};
const code = (code: string) => expect.objectContaining({ code });

/** What a verifier says who finds the records of these keys, by selector. */
async function verdict(store: MessageStore, domain: string, keys: readonly DkimKey[]): Promise<string[]> {
  const fields = await store.dkim.sign(domain, [Buffer.from(MESSAGE)]);
  const records = Object.fromEntries(keys.map(({ record }) => [record.name, record.value]));
  return verifyDkim(Buffer.from(fields + MESSAGE), records)
    .map(({ tags, result }) => `${tags.d} ${tags.s} ${result}`)
    .sort();
}

test('a key is made with what has to be published of it', async () => {
  const { dkim } = await open();
  const before = Date.now();
  const rsa = await dkim.create('Example.ORG', { selector: 'A1' });
  expect(rsa).toMatchObject({
    domain: 'example.org',
    selector: 'a1',
    algorithm: 'rsa-sha256',
    bits: 2048,
    active: false,
    warning: null,
  });
  expect(rsa.created).toBeGreaterThanOrEqual(before);
  expect(rsa.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(rsa.record.name).toBe('a1._domainkey.example.org');
  expect(rsa.record.value).toMatch(/^v=DKIM1; k=rsa; p=[A-Za-z0-9+/]+=*$/);
  expect(rsa.record.strings.join('')).toBe(rsa.record.value);
  expect(rsa.record.strings.map((string) => string.length)).toEqual([255, rsa.record.value.length - 255]);
  expect(JSON.stringify(rsa)).not.toMatch(/PRIVATE|sealed/);
  expect(await dkim.get('EXAMPLE.org.', 'a1')).toEqual(rsa);
});

test('signing goes from key to key', async () => {
  const store = await open();
  const { dkim } = store;
  const all = [
    await dkim.create('example.org', { selector: 'r1' }),
    await dkim.create('example.org', { selector: 'e1', algorithm: 'ed25519-sha256', active: true }),
    await dkim.create('example.org', { selector: 'e2', algorithm: 'ed25519-sha256' }),
  ];
  expect(await verdict(store, 'example.org', all)).toEqual(['example.org e1 pass']);
  expect(await dkim.activate('example.org', 'r1')).toMatchObject({ selector: 'r1', active: true });
  expect(await verdict(store, 'Example.Org', all)).toEqual(['example.org e1 pass', 'example.org r1 pass']);
  await dkim.activate('example.org', 'e2');
  expect((await dkim.list('example.org')).map(({ selector, active }) => [selector, active])).toEqual([
    ['e1', false],
    ['e2', true],
    ['r1', true],
  ]);
  expect(await verdict(store, 'example.org', all)).toEqual(['example.org e2 pass', 'example.org r1 pass']);
  expect(await dkim.remove('example.org', 'e1')).toBe(true);
  expect(await dkim.remove('example.org', 'e1')).toBe(false);
  expect(await dkim.deactivate('example.org', 'r1')).toMatchObject({ active: false });
  expect(await verdict(store, 'example.org', all)).toEqual(['example.org e2 pass']);
  // One that is removed signs no more, and neither does another that gets its name.
  await dkim.remove('example.org', 'e2');
  await dkim.create('example.org', { selector: 'e2', algorithm: 'ed25519-sha256' });
  expect(await verdict(store, 'example.org', all)).toEqual([]);
  for (const act of ['get', 'activate', 'deactivate'] as const) {
    expect(await dkim[act]('example.org', 'none')).toBeNull();
    expect(await dkim[act]('example.net', 'r1')).toBeNull();
  }
});

test('the default key signs for all domains that have none that is active', async () => {
  const store = await open();
  const any = await store.dkim.create('*', { selector: 'all', algorithm: 'ed25519-sha256', active: true });
  expect(any.record.name).toBe('all._domainkey');
  const published = { ...any, record: { ...any.record, name: 'all._domainkey.example.net' } };
  expect(await verdict(store, 'example.net', [published])).toEqual(['example.net all pass']);
  const own = await store.dkim.create('example.net', { selector: 'own', algorithm: 'ed25519-sha256' });
  expect(await verdict(store, 'example.net', [published, own])).toEqual(['example.net all pass']);
  await store.dkim.activate('example.net', 'own');
  expect(await verdict(store, 'example.net', [published, own])).toEqual(['example.net own pass']);
  await expect(store.dkim.sign('*', [])).rejects.toMatchObject({ code: 'DOMAIN_INVALID' });
});

test('domains of any script are signed and published with A-labels', async () => {
  const store = await open();
  const key = await store.dkim.create('Bücher.example', { selector: 'x', algorithm: 'ed25519-sha256', active: true });
  expect([key.domain, key.record.name]).toEqual(['bücher.example', 'x._domainkey.xn--bcher-kva.example']);
  expect(await store.dkim.get('xn--bcher-kva.example', 'x')).toEqual(key);
  expect(await verdict(store, 'xn--bcher-kva.example', [key])).toEqual(['xn--bcher-kva.example x pass']);
  const label = 'a'.repeat(63);
  const long = `${label}.${label}.${label}.example`;
  const far = await store.dkim.create(long, { selector: 'y', algorithm: 'ed25519-sha256', active: true });
  expect(await verdict(store, long, [far])).toEqual([`${long} y pass`]);
  expect((await store.dkim.list()).map(({ domain }) => domain)).toEqual([long, 'bücher.example']);
});

test('keys of others are taken over', async () => {
  const store = await open();
  const keys = [
    await store.dkim.import('example.org', pem('pkcs1', 1024), { selector: 'a' }),
    await store.dkim.import('example.org', pem('pkcs8', 2048), { selector: 'b' }),
    await store.dkim.import('example.org', ' nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n', { selector: 'c' }),
    await store.dkim.import(
      'example.org',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ),
  ];
  expect(keys.map(({ algorithm, bits, warning }) => [algorithm, bits, warning])).toEqual([
    ['rsa-sha256', 1024, 'an RSA key should have 2048 bits, and this one has 1024'],
    ['rsa-sha256', 2048, null],
    ['ed25519-sha256', 256, null],
    ['ed25519-sha256', 256, null],
  ]);
  expect(keys[2]?.record.value).toBe('v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=');
  expect(keys[3]?.selector).toMatch(/^\d{8}-ed25519$/);
  for (const { selector } of keys) {
    await store.dkim.activate('example.org', selector);
    expect(await verdict(store, 'example.org', keys)).toContain(`example.org ${selector} pass`);
  }
});

test('what cannot be used is refused with a reason', async () => {
  const { dkim } = await open();
  const encrypted = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const good = pem('pkcs8', 1024);
  for (const [key, reason] of [
    ['', /neither PEM nor/],
    ['AAAA', /neither PEM nor/],
    ['x'.repeat(20_000), /too long/],
    [ec.publicKey.export({ type: 'spki', format: 'pem' }).toString(), /private key is needed/],
    [ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), /neither RSA nor Ed25519/],
    [encrypted.toString(), /passphrase/],
    [good.replace(/^(.{100})..../s, '$1####'), /cannot be read/],
    // Another modulus than that of the exponents.
    [
      good.replace(/^(.{120})./s, (_, before: string) => `${before}${good[120] === 'A' ? 'B' : 'A'}`),
      /do not fit|read/,
    ],
    [pem('pkcs1', 1023), /1024 to 4096 bits, and this one 1023/],
  ] as const) {
    await expect(dkim.import('example.org', key)).rejects.toMatchObject({
      code: 'DKIM_KEY_INVALID',
      message: expect.stringMatching(reason),
    });
  }
  for (const domain of [
    '',
    'a b',
    '[192.0.2.1]',
    '1.2.3.4',
    'a..b',
    '-a.example',
    '*.example.org',
    'a@b.example',
    '@',
    `${'a'.repeat(64)}.example`,
  ]) {
    await expect(dkim.import(domain, good)).rejects.toEqual(code('DOMAIN_INVALID'));
    await expect(dkim.list(domain)).rejects.toEqual(code('DOMAIN_INVALID'));
    await expect(dkim.sign(domain, [])).rejects.toEqual(code('DOMAIN_INVALID'));
  }
  for (const selector of ['', '.', 'a_b', 'ä', 'a b', '-a', 'a'.repeat(64), `a.${'b'.repeat(63)}.`.repeat(4), '../x']) {
    await expect(dkim.create('example.org', { selector })).rejects.toEqual(code('DKIM_KEY_INVALID'));
    await expect(dkim.get('example.org', selector)).rejects.toEqual(code('DKIM_KEY_INVALID'));
  }
  await expect(dkim.create('example.org', { algorithm: 'rsa-sha1' as never })).rejects.toEqual(
    code('INVALID_ARGUMENT'),
  );
  expect(await dkim.list()).toEqual([]);
});

test('a selector is taken once, also when two want it at the same time, and a domain has sixteen keys', async () => {
  const { dkim } = await open();
  const options = { selector: 'same', algorithm: 'ed25519-sha256' } as const;
  const made = await Promise.allSettled([1, 2, 3].map(() => dkim.create('example.org', options)));
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(made.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))).toEqual([
    code('DKIM_KEY_INVALID'),
    code('DKIM_KEY_INVALID'),
  ]);
  for (let n = 1; n < 16; n++) await dkim.create('example.org', { ...options, selector: `s${n}` });
  await expect(dkim.create('example.org', { ...options, selector: 'more' })).rejects.toEqual(code('LIMIT_EXCEEDED'));
  await dkim.create('example.net', { ...options, selector: 'more' });
  expect(await dkim.list()).toHaveLength(17);
  for (const { domain, selector } of await dkim.list()) await dkim.remove(domain, selector);
  expect(await dkim.list()).toEqual([]);
});

test('nothing is kept or used without the secret', async () => {
  const place = await emptyPlace();
  const store = await open({ ...place });
  const key = await store.dkim.create('example.org', { selector: 's', algorithm: 'ed25519-sha256', active: true });
  await store.close();
  for (const secret of [undefined as never, Buffer.alloc(32, 6)]) {
    const other = await open({ ...place, secret });
    await expect(other.dkim.sign('example.org', [Buffer.from(MESSAGE)])).rejects.toEqual(code('UNSUPPORTED'));
    expect(await other.dkim.list()).toEqual([key]);
    await other.close();
  }
  const bare = await open({ ...place, secret: undefined as never });
  await expect(bare.dkim.create('example.org')).rejects.toEqual(code('UNSUPPORTED'));
  await expect(bare.dkim.import('example.org', 'nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=')).rejects.toEqual(
    code('UNSUPPORTED'),
  );
  expect(await bare.dkim.remove('example.org', 's')).toBe(true);
});
