/** What happens to keys between two steps of one call: each test lets it happen exactly there. */

import { describe, expect, it } from 'vitest';
import { MemoryBlobStore } from '../../src/blobs/memory-blob-store.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { Vault, VaultPlace } from '../../src/engine/vault.ts';
import { openTestedEngine } from '../engine-under-test.ts';
import { wordOf } from './auth-fixture.ts';
import { type KeyFixture, openKeys, u2fOf } from './key-fixture.ts';
import { SoftwareKey } from './software-key.ts';

/** Something that happens once, just before a record of a kind is written. */
interface Meanwhile {
  kind: string | null;
  happens(): Promise<unknown>;
}

/** A store in which something can happen meanwhile. */
async function openInterrupted(): Promise<KeyFixture & { meanwhile: Meanwhile }> {
  const meanwhile: Meanwhile = { kind: null, happens: async () => {} };
  const engine = await openTestedEngine();
  const interrupted = async ({ kind }: VaultPlace): Promise<void> => {
    if (kind !== meanwhile.kind) return;
    meanwhile.kind = null;
    await meanwhile.happens();
  };
  const vault: Partial<Vault> = {
    update: async (place, version, content) => {
      await interrupted(place);
      return engine.vault.update(place, version, content);
    },
    create: async (place, content) => {
      await interrupted(place);
      return engine.vault.create(place, content);
    },
  };
  const fixture = await openKeys({
    engine: over(engine, { vault: over(engine.vault, vault) }) as Engine,
    blobs: new MemoryBlobStore(),
  });
  return { ...fixture, meanwhile };
}

/** An object with some members replaced. */
function over<T extends object>(whole: T, some: Partial<T>): T {
  return new Proxy(whole, {
    get(target, name) {
      const member = (name in some ? some : target)[name as keyof T] as unknown;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

describe('the second factor', () => {
  it('stays on when a key comes while the last one goes', async () => {
    const { store, account, meanwhile } = await openInterrupted();
    const { id } = await store.auth.addU2fKey(account, 'old', u2fOf(new SoftwareKey()));
    meanwhile.kind = 'status';
    meanwhile.happens = () => store.auth.addU2fKey(account, 'new', u2fOf(new SoftwareKey()));
    expect(await store.auth.removeSecurityKey(account, id)).toBe(true);
    expect((await store.auth.securityKeys(account)).map(({ name }) => name)).toEqual(['new']);
    expect((await store.auth.status(account)).secondFactors).toEqual(['securityKey']);
  });

  it('goes off when the key goes while it comes', async () => {
    const { store, account, meanwhile } = await openInterrupted();
    meanwhile.kind = 'status';
    meanwhile.happens = async () => {
      for (const { id } of await store.auth.securityKeys(account)) await store.auth.removeSecurityKey(account, id);
    };
    await store.auth.addU2fKey(account, 'old', u2fOf(new SoftwareKey()));
    expect(await store.auth.securityKeys(account)).toEqual([]);
    expect((await store.auth.status(account)).secondFactors).toEqual([]);
  });
});

describe('a right answer', () => {
  it('is refused when another with a later count was faster, and the later count stays', async () => {
    const { store, register, ticket, finish, enter, meanwhile } = await openInterrupted();
    const key = new SoftwareKey();
    await register(key);
    const one = await ticket();
    const slow = key.get(await store.auth.beginSecondFactor(one), { counter: 50 });
    let fast = '';
    meanwhile.kind = 'securityKey';
    meanwhile.happens = async () => {
      fast = await enter(key, { counter: 60 });
    };
    expect(wordOf(await finish(one, slow))).toBe('secondFactor');
    expect(fast).toBe('granted');
    expect(await enter(key, { counter: 60 })).toBe('secondFactor');
    expect(await enter(key, { counter: 61 })).toBe('granted');
  });

  it('with a later count than that of a faster one is granted', async () => {
    const { store, account, register, ticket, finish, enter, meanwhile } = await openInterrupted();
    const key = new SoftwareKey();
    const { id } = await register(key);
    const one = await ticket();
    const slow = key.get(await store.auth.beginSecondFactor(one), { counter: 60 });
    meanwhile.kind = 'securityKey';
    meanwhile.happens = async () => {
      expect(await enter(key, { counter: 50 })).toBe('granted');
      expect(await store.auth.renameSecurityKey(account, id, 'renamed')).toBe(true);
    };
    expect(wordOf(await finish(one, slow))).toBe('granted');
    expect((await store.auth.securityKeys(account))[0]?.name).toBe('renamed');
    expect(await enter(key, { counter: 60 })).toBe('secondFactor');
  });

  it('is refused when the key was removed meanwhile', async () => {
    const { store, account, register, ticket, finish, meanwhile } = await openInterrupted();
    const key = new SoftwareKey();
    const { id } = await register(key);
    const one = await ticket();
    const response = key.get(await store.auth.beginSecondFactor(one));
    meanwhile.kind = 'securityKey';
    meanwhile.happens = () => store.auth.removeSecurityKey(account, id);
    expect(wordOf(await finish(one, response))).toBe('secondFactor');
    expect(await store.auth.securityKeys(account)).toEqual([]);
  });
});
