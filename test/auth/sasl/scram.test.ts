import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ScramSource } from '../../../src/auth/sasl/mechanism.ts';
import { scramSha256 } from '../../../src/auth/sasl/scram.ts';
import { makeScramKeys, type ScramKeys } from '../../../src/auth/sasl/scram-keys.ts';
import { talk } from './scripted-client.ts';

// RFC 7677 section 3.
const FIRST = 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO';
const NONCE = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const SERVER_FIRST = `r=${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
const FINAL = `c=biws,r=${NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`;
const VERIFIER = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const keys = await makeScramKeys('pencil', { salt, iterations: 4096 });
const scripted = scramSha256({ nonce: () => '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0' });
const SCRAM = scramSha256();
const PLUS = scramSha256({ plus: true });
const bindings = [
  { type: 'tls-exporter', data: randomBytes(32) },
  { type: 'tls-server-end-point', data: randomBytes(32) },
];

function source(known: Record<string, ScramKeys> = { user: keys }): ScramSource {
  return { keys: async (name) => known[name] ?? null, secret: Buffer.from('a secret of the server'), iterations: 4096 };
}

/** A client of its own: what it would send after `serverFirst`. */
function respond(first: string, serverFirst: string, password: string, bound: Buffer = Buffer.alloc(0)): string {
  const [, nonce, base64, count] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) as unknown as string[];
  const header = /^[^,]*,[^,]*,/.exec(first)?.[0] as string;
  const c = Buffer.concat([Buffer.from(header), bound]).toString('base64');
  const withoutProof = `c=${c},r=${nonce}`;
  const message = `${first.slice(header.length)},${serverFirst},${withoutProof}`;
  const salted = pbkdf2Sync(password, Buffer.from(base64 as string, 'base64'), Number(count), 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const stored = createHash('sha256').update(clientKey).digest();
  const signature = createHmac('sha256', stored).update(message).digest();
  return `${withoutProof},p=${Buffer.from(clientKey.map((octet, i) => octet ^ (signature[i] as number))).toString('base64')}`;
}

const login = (first: string, password: string, bound?: Buffer) => [
  first,
  (challenge: string) => respond(first, challenge, password, bound),
  '',
];

describe('SCRAM-SHA-256', () => {
  test('holds the exchange of RFC 7677 section 3', async () => {
    expect(await talk(scripted, [FIRST, FINAL, ''], { context: { scram: source() } })).toEqual({
      said: [SERVER_FIRST, VERIFIER],
      seen: [{ kind: 'scram', authcid: 'user', authzid: null, channelBinding: null }],
      end: { kind: 'success', admitted: 'somebody' },
    });
  });

  test('asks for the first message when none came with the command', async () => {
    const { said, end } = await talk(scripted, [null, FIRST, FINAL, ''], { context: { scram: source() } });
    expect([said, end.kind]).toEqual([['', SERVER_FIRST, VERIFIER], 'success']);
  });

  test('makes a nonce of its own each time', async () => {
    const nonces = await Promise.all(
      Array.from({ length: 20 }, async () => (await talk(SCRAM, [FIRST], { context: { scram: source() } })).said[0]),
    );
    expect(new Set(nonces).size).toBe(20);
    for (const nonce of nonces) expect(nonce).toMatch(/^r=rOprNGfwEbeRWgbNEkqO[A-Za-z0-9+/]{32},s=/);
  });

  test('does not show the server’s proof to whom the server refuses', async () => {
    const { said, seen, end } = await talk(scripted, [FIRST, FINAL, ''], {
      admits: false,
      context: { scram: source() },
    });
    expect(said).toEqual([SERVER_FIRST]);
    expect(seen).toHaveLength(1);
    expect(end).toEqual({ kind: 'failure', reason: 'refused', authcid: 'user' });
  });

  test('lets nobody in before the client has seen the server’s proof', async () => {
    const context = { scram: source() };
    expect((await talk(scripted, [FIRST, FINAL], { context })).end).toMatchObject({ reason: 'cancelled' });
    expect((await talk(scripted, [FIRST, FINAL, 'more'], { context })).end).toMatchObject({ reason: 'malformed' });
  });

  test('refuses a wrong password, and hands out nothing to verify', async () => {
    const { seen, end } = await talk(SCRAM, login(FIRST, 'pencils'), { context: { scram: source() } });
    expect([seen, end]).toEqual([[], { kind: 'failure', reason: 'refused', authcid: 'user' }]);
  });

  test('decodes names, and takes an authzid and unknown extensions', async () => {
    const first = 'n,a=bo=3Db,n=a=2Cn=3Dn,r=abc,x=ignored';
    const { seen, end } = await talk(SCRAM, login(first, 'pencil'), { context: { scram: source({ 'a,n=n': keys }) } });
    expect(seen).toEqual([{ kind: 'scram', authcid: 'a,n=n', authzid: 'bo=b', channelBinding: null }]);
    expect(end.kind).toBe('success');
  });

  test('an unknown account looks like one with a password', async () => {
    const context = { scram: source() };
    const first = async (name: string) =>
      ((await talk(SCRAM, [`n,,n=${name},r=x`], { context })).said[0] as string).replace(/^r=[^,]+,/, '');
    const shown = await first('nobody');
    expect(shown).toMatch(/^s=[A-Za-z0-9+/]{22}==,i=4096$/);
    expect(await first('nobody')).toBe(shown);
    // An account that is there has the same salt for all ways to write its name.
    expect(await first(' NoBody')).toBe(shown);
    expect(await first('Nobody@Example.ORG')).toBe(await first('nobody@example.org'));
    expect(await first('somebody')).not.toBe(shown);
    const other = { scram: { ...source(), secret: Buffer.from('another secret') } };
    expect((await talk(SCRAM, ['n,,n=nobody,r=x'], { context: other })).said[0]).not.toContain(shown);
    const { seen, end } = await talk(SCRAM, login('n,,n=nobody,r=x', 'pencil'), { context });
    expect([seen, end]).toEqual([[], { kind: 'failure', reason: 'refused', authcid: 'nobody' }]);
  });

  test.each([
    ['nothing', ''],
    ['no GS2 header', 'n=user,r=abc'],
    ['another flag', 'x,,n=user,r=abc'],
    ['an empty authzid', 'n,a=,n=user,r=abc'],
    ['an empty name', 'n,,n=,r=abc'],
    ['a name with a bare =', 'n,,n=a=b,r=abc'],
    ['a name with =2c', 'n,,n=a=2cb,r=abc'],
    ['a name with NUL', 'n,,n=a\0b,r=abc'],
    ['no nonce', 'n,,n=user'],
    ['an empty nonce', 'n,,n=user,r='],
    ['a nonce with a space', 'n,,n=user,r=a b'],
    ['fields in another order', 'n,,r=abc,n=user'],
    ['an empty extension', 'n,,n=user,r=abc,'],
    ['octets that are no UTF-8', Buffer.from('n,,n=\xff,r=abc', 'latin1')],
  ])('refuses a first message with %s', async (_what, first) => {
    const { said, end } = await talk(SCRAM, [first], { context: { scram: source() } });
    expect([said, end]).toEqual([[], { kind: 'failure', reason: 'malformed', authcid: null }]);
  });

  test.each([
    ['nothing', '', 'malformed'],
    ['no proof', FINAL.replace(/,p=.*/, ''), 'malformed'],
    ['a short proof', FINAL.replace(/,p=.*/, ',p=AAAA'), 'malformed'],
    ['the client’s nonce only', FINAL.replace(NONCE, 'rOprNGfwEbeRWgbNEkqO'), 'malformed'],
    ['another nonce', FINAL.replace('hvYD', 'hvYE'), 'malformed'],
    ['a mandatory extension', FINAL.replace(',p=', ',m=x,p='), 'malformed'],
    ['another GS2 header', FINAL.replace('biws', 'eSws'), 'channel-binding'],
    ['another proof', FINAL.replace('p=d', 'p=e'), 'refused'],
  ])('refuses a last message with %s', async (_what, final, reason) => {
    const { said, seen, end } = await talk(scripted, [FIRST, final, ''], { context: { scram: source() } });
    expect([said, seen, end]).toEqual([[SERVER_FIRST], [], { kind: 'failure', reason, authcid: 'user' }]);
  });

  test.each(['n,,m=x,n=user,r=abc', 'n,,n=user,r=abc,m=x'])('tells that it knows no extension: %s', async (first) => {
    const { said, end } = await talk(SCRAM, [first, ''], { context: { scram: source() } });
    expect([said, end]).toEqual([
      ['e=extensions-not-supported'],
      { kind: 'failure', reason: 'unsupported', authcid: null },
    ]);
  });

  test('rejects with what the server’s look-up rejects with, and has failed then', async () => {
    const scram = { ...source(), keys: () => Promise.reject(new Error('database away')) };
    const exchange = SCRAM.start({ channelBindings: [], scram });
    await expect(exchange.step(Buffer.from(FIRST))).rejects.toThrow('database away');
    expect(await exchange.step(Buffer.from(FINAL))).toMatchObject({ kind: 'failure', reason: 'out-of-order' });
  });

  test('cannot be held without a source of keys', async () => {
    expect((await talk(SCRAM, [FIRST])).end).toMatchObject({ reason: 'unsupported' });
  });
});

describe('SCRAM-SHA-256-PLUS', () => {
  const context = { scram: source(), channelBindings: bindings };

  test.each(bindings)('binds by $type', async ({ type, data }) => {
    const { seen, end } = await talk(PLUS, login(`p=${type},,n=user,r=abc`, 'pencil', data), { context });
    expect(seen).toEqual([{ kind: 'scram', authcid: 'user', authzid: null, channelBinding: type }]);
    expect(end.kind).toBe('success');
  });

  test('refuses a client that sees another connection', async () => {
    const other = randomBytes(32);
    const { seen, end } = await talk(PLUS, login('p=tls-exporter,,n=user,r=abc', 'pencil', other), { context });
    expect([seen, end]).toEqual([[], { kind: 'failure', reason: 'channel-binding', authcid: 'user' }]);
  });

  test.each([
    ['a type that the connection has not', PLUS, 'p=tls-unique,,n=user,r=abc'],
    ['no binding at all', PLUS, 'n,,n=user,r=abc'],
    ['a client that thinks the server cannot bind', PLUS, 'y,,n=user,r=abc'],
    ['one that thinks so by the name without PLUS: a downgrade', SCRAM, 'y,,n=user,r=abc'],
    ['a binding by the name without PLUS', SCRAM, 'p=tls-exporter,,n=user,r=abc'],
  ])('refuses %s', async (_what, mechanism, first) => {
    const { said, end } = await talk(mechanism, [first], { context });
    expect([said, end]).toEqual([[], { kind: 'failure', reason: 'channel-binding', authcid: 'user' }]);
  });

  test('a client that cannot bind may use the other name, and one that could where there is nothing to bind to', async () => {
    expect((await talk(SCRAM, login(FIRST, 'pencil'), { context })).end.kind).toBe('success');
    const plain = { scram: source() };
    expect((await talk(SCRAM, login('y,,n=user,r=abc', 'pencil'), { context: plain })).end.kind).toBe('success');
  });
});
