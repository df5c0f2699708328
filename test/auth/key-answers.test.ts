/** What else may come in place of a key's answer: each is a refusal, none an error of the library's. */

import { describe, expect, it } from 'vitest';
import type { EiderError } from '../../src/errors.ts';
import { runs } from '../engine-under-test.ts';
import { wordOf } from './auth-fixture.ts';
import { openKeys, PARTY, REST } from './key-fixture.ts';
import { type Deviations, type KeyJson, SoftwareKey } from './software-key.ts';

/** What a browser or a key does that is not what was asked. */
const DEVIATIONS: Readonly<Record<string, Deviations>> = {
  'a foreign origin': { origin: 'https://mail.example.net' },
  'an origin with a path': { origin: 'https://mail.example.org/' },
  'the origin over http': { origin: 'http://mail.example.org' },
  'another relying party': { rpId: 'example.net' },
  'a subdomain as relying party': { rpId: 'mail.example.org' },
  'an unknown challenge': { challenge: 'x'.repeat(43) },
  'no challenge': { challenge: '' },
  'a challenge that is no text': { client: { challenge: ['x'] } },
  'another ceremony': { type: 'payment.get' },
  'a page within another page': { client: { crossOrigin: true } },
  'a page within a named page': { client: { topOrigin: 'https://example.net' } },
  'client data of 16 KB': { client: { padding: 'x'.repeat(16_384) } },
  'nobody present': { present: false },
};

/** What JSON can be made of an answer. */
const SPOILS: Readonly<Record<string, (response: KeyJson) => unknown>> = {
  nothing: () => ({}),
  null: () => null,
  'a text': () => 'response',
  'a list': () => [],
  'no inner response': ({ response: _, ...rest }) => rest,
  'null inside': (json) => ({ ...json, response: null }),
  'a list inside': (json) => ({ ...json, response: [json.response] }),
  'another id': (json) => ({ ...json, id: 'AAAA', rawId: 'AAAA' }),
  'two ids': (json) => ({ ...json, rawId: 'AAAA' }),
  'an id that is no base64url': (json) => ({ ...json, id: 'a b', rawId: 'a b' }),
  'a number for an id': (json) => ({ ...json, id: 7, rawId: 7 }),
  'an id of 1024 octets': (json) => ({ ...json, id: 'A'.repeat(1_366), rawId: 'A'.repeat(1_366) }),
  'another type': (json) => ({ ...json, type: 'password' }),
  'a megabyte of client data': (json) => inside(json, 'clientDataJSON', 'A'.repeat(2 ** 20)),
  'a megabyte of attestation': (json) => inside(json, 'attestationObject', 'A'.repeat(2 ** 20)),
  'a megabyte of authenticator data': (json) => inside(json, 'authenticatorData', 'A'.repeat(2 ** 20)),
  'a megabyte of signature': (json) => inside(json, 'signature', 'A'.repeat(2 ** 20)),
  'client data that is no JSON': (json) => inside(json, 'clientDataJSON', text('{"type":')),
  'client data that is null': (json) => inside(json, 'clientDataJSON', text('null')),
  'client data that is a list': (json) => inside(json, 'clientDataJSON', text('[]')),
  'client data of a deep list': (json) => inside(json, 'clientDataJSON', text('['.repeat(9_000))),
  'a deep list of CBOR': (json) => {
    const deep = Buffer.alloc(40_000, 0x81).toString('base64url');
    return inside(inside(json, 'attestationObject', deep), 'authenticatorData', deep.slice(0, 16_000));
  },
  'a map that claims four thousand million members': (json) =>
    inside(inside(json, 'attestationObject', hex('baffffffff')), 'authenticatorData', hex('baffffffff')),
  'octets of nothing': (json) => inside(inside(json, 'attestationObject', 'AA'), 'authenticatorData', 'AA'),
};

function inside(json: KeyJson, part: string, value: unknown): KeyJson {
  return { ...json, response: { ...json.response, ...(part in json.response && { [part]: value }) } };
}

function text(content: string): string {
  return Buffer.from(content).toString('base64url');
}

function hex(content: string): string {
  return Buffer.from(content, 'hex').toString('base64url');
}

/** Spoils that change nothing in an answer of this kind are none. */
function spoilt(json: KeyJson): [string, KeyJson][] {
  return Object.entries(SPOILS)
    .map(([what, spoil]): [string, KeyJson] => [what, spoil(json) as KeyJson])
    .filter(([, one]) => JSON.stringify(one) !== JSON.stringify(json));
}

describe('a registration by', () => {
  it('a browser or a key that deviates, or JSON that is spoilt, is refused, and stores nothing', async () => {
    const { store, account } = await openKeys();
    const code = async (make: (key: SoftwareKey) => Promise<KeyJson>): Promise<string> => {
      const response = await make(new SoftwareKey());
      return store.auth.finishSecurityKey(account, 'blue', response).then(
        () => 'registered',
        (error: EiderError) => error.code,
      );
    };
    const begin = () => store.auth.beginSecurityKey(account);
    const more: Record<string, Deviations> = {
      ...DEVIATIONS,
      'an assertion': { type: 'webauthn.get' },
      'an attestation of Android': { format: 'android-key' },
      'an attestation of TPM': { format: 'tpm' },
      'an attestation of Apple': { format: 'apple' },
      'an attestation of SafetyNet': { format: 'android-safetynet' },
      'an unknown attestation': { format: 'x' },
      'another algorithm': { alg: -36 },
    };
    for (const [what, deviations] of Object.entries(more)) {
      expect([what, await code(async (key) => key.create(await begin(), deviations))]).toEqual([
        what,
        'INVALID_ARGUMENT',
      ]);
    }
    for (const [what] of spoilt(new SoftwareKey().create(await begin()))) {
      const spoil = SPOILS[what] as (json: KeyJson) => KeyJson;
      expect([what, await code(async (key) => spoil(key.create(await begin())))]).toEqual([what, 'INVALID_ARGUMENT']);
    }
    expect(await store.auth.securityKeys(account)).toEqual([]);
    expect((await store.auth.status(account)).secondFactors).toEqual([]);
  });

  it('the same answer again, a late one, one to older options, and one of another account, is refused', async () => {
    const { store, account, clock } = await openKeys();
    const { id: bob } = await store.accounts.create({ name: 'bob', password: 'correct horse' });
    const finish = (owner: string, response: KeyJson) => store.auth.finishSecurityKey(owner, 'blue', response);
    const invalid = { code: 'INVALID_ARGUMENT' };
    const older = await store.auth.beginSecurityKey(account);
    const options = await store.auth.beginSecurityKey(account);
    const key = new SoftwareKey();
    const response = key.create(options);
    await store.auth.beginSecurityKey(bob);
    await expect(finish(bob, response)).rejects.toMatchObject(invalid);
    const outcomes = await Promise.allSettled([response, response, response].map((one) => finish(account, one)));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(finish(account, response)).rejects.toMatchObject(invalid);
    await expect(finish(account, new SoftwareKey().create(older))).rejects.toMatchObject(invalid);
    // The same key to a new question.
    await expect(finish(account, key.create(await store.auth.beginSecurityKey(account)))).rejects.toMatchObject(
      invalid,
    );
    clock.now -= 300_001;
    const late = new SoftwareKey().create(await store.auth.beginSecurityKey(account));
    await expect(finish(account, late)).rejects.toMatchObject(invalid);
    expect(await store.auth.securityKeys(account)).toHaveLength(1);
    await expect(store.auth.beginSecurityKey('nobody')).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
    await expect(finish('nobody', response)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });

  it('an attestation cut anywhere, or with one octet changed, is refused or is still the key', async () => {
    const { store, account } = await openKeys();
    const whole = Buffer.from(
      new SoftwareKey().create(await store.auth.beginSecurityKey(account), { format: 'fido-u2f' }).response
        .attestationObject as string,
      'base64url',
    ).length;
    const step = Math.ceil(whole / runs(120));
    for (let at = 1; at < whole; at += step) {
      for (const spoil of [
        (octets: Buffer) => octets.subarray(0, at),
        (octets: Buffer) => {
          octets[at] = (octets[at] as number) ^ 0x55;
          return octets;
        },
      ]) {
        const options = await store.auth.beginSecurityKey(account);
        const json = new SoftwareKey().create(options, { format: 'fido-u2f' });
        const octets = Buffer.from(json.response.attestationObject as string, 'base64url');
        json.response.attestationObject = spoil(octets).toString('base64url');
        const added = await store.auth.finishSecurityKey(account, 'blue', json).catch((error: EiderError) => error);
        if (added instanceof Error) expect([at, added.code]).toEqual([at, 'INVALID_ARGUMENT']);
        else await store.auth.removeSecurityKey(account, added.id);
      }
    }
  });
});

describe('a login by', () => {
  it('a browser or a key that deviates, or JSON that is spoilt, is refused, as a second factor and as a passkey', async () => {
    const limits = { trusted: ['192.0.2.0/24'] };
    const { store, register, ticket, finish, enter, pass } = await openKeys({
      authentication: { relyingParty: PARTY, limits },
    });
    const key = new SoftwareKey();
    await register(key);
    const more: Record<string, Deviations> = { ...DEVIATIONS, 'a registration': { type: 'webauthn.create' } };
    for (const [what, deviations] of Object.entries(more)) {
      expect([what, await enter(key, deviations)]).toEqual([what, 'secondFactor']);
      expect([what, await pass(key, deviations)]).toEqual([what, 'credentials']);
    }
    const sample = key.get(await store.auth.beginPasskey());
    const signature: Record<string, (json: KeyJson) => KeyJson> = {
      'no signature': (json) => inside(json, 'signature', ''),
      'a signature of nothing': (json) => inside(json, 'signature', 'MAYCAQACAQA'),
      'another signature': (json) => inside(json, 'signature', sample.response.signature),
    };
    const names = spoilt(sample).map(([what]) => what);
    for (const what of [...names, ...Object.keys(signature)]) {
      const spoil = (signature[what] ?? SPOILS[what]) as (json: KeyJson) => KeyJson;
      const one = await ticket();
      const response = spoil(key.get(await store.auth.beginSecondFactor(one)));
      expect([what, wordOf(await finish(one, response))]).toEqual([what, 'secondFactor']);
      const passkey = spoil(key.get(await store.auth.beginPasskey()));
      expect([what, wordOf(await store.auth.completePasskey(passkey, REST))]).toEqual([what, 'credentials']);
    }
    expect(await enter(key)).toBe('granted');
    expect(await pass(key)).toBe('granted');
  });

  it("another account's key, or its ticket, is refused", async () => {
    const { store, register, ticket, finish, enter } = await openKeys();
    const mine = new SoftwareKey();
    await register(mine);
    const { id: bob } = await store.accounts.create({ name: 'bob', password: 'correct horse' });
    const his = new SoftwareKey();
    await store.auth.finishSecurityKey(bob, 'his', his.create(await store.auth.beginSecurityKey(bob)));
    expect(await enter(his)).toBe('secondFactor');
    const outcome = await store.auth.authenticate('bob', 'correct horse', REST);
    if (outcome.kind !== 'needsSecondFactor') throw new Error(wordOf(outcome));
    const asked = await store.auth.beginSecondFactor(await ticket());
    expect(wordOf(await finish(outcome.ticket, his.get(asked)))).toBe('secondFactor');
    expect(wordOf(await finish(outcome.ticket, mine.get(asked)))).toBe('secondFactor');
  });
});
