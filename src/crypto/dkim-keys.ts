/** The DKIM keys of all domains, in the store's small records, private parts sealed. */

import { createHash, type KeyObject } from 'node:crypto';
import { domainToASCII } from 'node:url';
import type { Vault, VaultPlace } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import {
  DKIM_ALGORITHMS,
  type DkimAlgorithm,
  type DkimKey,
  type DkimKeyOptions,
  type DkimKeys,
  type DkimSignOptions,
} from '../model/dkim.ts';
import { GOOD_RSA_BITS, makeKey, type PublicMaterial, proveKey, publicMaterial, readKey } from './dkim-material.ts';
import { ANY_DOMAIN, dkimDomain, dkimRecord, dkimSelector } from './dkim-record.ts';
import { type DkimSigner, signMessage } from './dkim-signature.ts';
import type { Sealer } from './sealer.ts';

/** Most of one domain. */
export const MAX_DKIM_KEYS = 16;

const KIND = 'dkim';
/** Which key of an algorithm signs: its fingerprint. One record, so that there is one at any moment. */
const ACTIVE_KIND = 'dkimActive';
/** All domains that have keys, as what a store has can be listed by owner only. */
const INDEX_OWNER = '@';
const INDEX_KIND = 'dkimDomain';
const PAGE = 100;
const MAX_OWNER = 128;

interface Stored extends PublicMaterial {
  readonly created: number;
  /** PKCS #8 in PEM, sealed. */
  readonly sealed: string;
}

type Active = ReadonlyMap<string, string>;

/** See {@link DkimKeys}. */
export class StoreDkimKeys implements DkimKeys {
  readonly #vault: Vault;
  readonly #sealer: Sealer | null;
  readonly #now: () => number;

  /** @param sealer `null`: no key can be made, taken over, or used */
  constructor(vault: Vault, sealer: Sealer | null, now: () => number = Date.now) {
    this.#vault = vault;
    this.#sealer = sealer;
    this.#now = now;
  }

  async create(
    domain: string,
    { algorithm = 'rsa-sha256', ...options }: DkimKeyOptions & { readonly algorithm?: DkimAlgorithm } = {},
  ): Promise<DkimKey> {
    if (!DKIM_ALGORITHMS.includes(algorithm)) {
      throw new EiderError('INVALID_ARGUMENT', `a key is for ${DKIM_ALGORITHMS.join(' or ')}`);
    }
    const normal = dkimDomain(domain);
    this.#needSealer();
    // What will be refused shall not cost a key first.
    if (options.selector !== undefined) dkimSelector(options.selector, normal);
    return this.#add(normal, await makeKey(algorithm), options);
  }

  async import(domain: string, key: string, options: DkimKeyOptions = {}): Promise<DkimKey> {
    const normal = dkimDomain(domain);
    const material = readKey(key);
    await proveKey(material);
    return this.#add(normal, material, options);
  }

  async list(domain?: string): Promise<DkimKey[]> {
    if (domain !== undefined) return this.#keysOf(dkimDomain(domain));
    const keys: DkimKey[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.#vault.list(
        { owner: INDEX_OWNER, kind: INDEX_KIND },
        { limit: PAGE, ...(after !== undefined && { after }) },
      );
      for (const { key } of page) keys.push(...(await this.#keysOf(key)));
      after = page.at(-1)?.key;
      if (after === undefined) return keys;
    }
  }

  async get(domain: string, selector: string): Promise<DkimKey | null> {
    const normal = dkimDomain(domain);
    return this.#get(normal, dkimSelector(selector, normal));
  }

  async activate(domain: string, selector: string): Promise<DkimKey | null> {
    const key = await this.get(domain, selector);
    if (!key) return null;
    await this.#vault.put(activePlace(key.domain, key.algorithm), { value: key.fingerprint });
    return this.#get(key.domain, key.selector);
  }

  async deactivate(domain: string, selector: string): Promise<DkimKey | null> {
    const key = await this.get(domain, selector);
    if (!key) return null;
    await this.#deactivate(key);
    return this.#get(key.domain, key.selector);
  }

  async remove(domain: string, selector: string): Promise<boolean> {
    const key = await this.get(domain, selector);
    if (!key) return false;
    await this.#deactivate(key);
    const removed = (await this.#vault.take(keyPlace(key.domain, key.selector))) !== null;
    await this.#dropFromIndex(key.domain);
    return removed;
  }

  async sign(
    domain: string,
    message: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options: DkimSignOptions = {},
  ): Promise<string> {
    const normal = dkimDomain(domain);
    if (normal === ANY_DOMAIN) throw new EiderError('DOMAIN_INVALID', 'a message is signed for one domain');
    return signMessage(message, await this.#signers(normal), options, this.#now());
  }

  async #add(domain: string, key: KeyObject, { selector, active = false }: DkimKeyOptions): Promise<DkimKey> {
    const material = publicMaterial(key);
    const created = this.#now();
    const name = dkimSelector(selector ?? defaultSelector(material.algorithm, created), domain);
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const sealed = this.#needSealer().seal(sealPlace(domain, name), pem);
    if ((await this.#entries(domain)).length >= MAX_DKIM_KEYS) {
      throw new EiderError('LIMIT_EXCEEDED', `a domain has at most ${MAX_DKIM_KEYS} keys`);
    }
    const stored: Stored = { ...material, created, sealed };
    await this.#addToIndex(domain);
    if (!(await this.#vault.create(keyPlace(domain, name), { value: JSON.stringify(stored) }))) {
      throw new EiderError('DKIM_KEY_INVALID', `there is a key with the selector ${name} already`);
    }
    // Whoever removed the domain's last key meanwhile may have taken it out of the index.
    await this.#addToIndex(domain);
    if (active) await this.#vault.put(activePlace(domain, material.algorithm), { value: material.fingerprint });
    return (await this.#get(domain, name)) ?? toKey(domain, name, stored, new Map());
  }

  /** The domain's own, else those of all domains. */
  async #signers(domain: string): Promise<DkimSigner[]> {
    for (const owner of [domain, ANY_DOMAIN]) {
      const active = await this.#active(owner);
      if (active.size === 0) continue;
      const entries = (await this.#entries(owner)).map(({ key, value }) => ({ selector: key, ...readStored(value) }));
      const signing = entries.filter(({ algorithm, fingerprint }) => active.get(algorithm) === fingerprint);
      if (signing.length === 0) continue;
      return signing.map(({ selector, sealed }) => ({
        domain: domainToASCII(domain),
        selector,
        key: readKey(this.#needSealer().open(sealPlace(owner, selector), sealed)),
      }));
    }
    return [];
  }

  async #keysOf(domain: string): Promise<DkimKey[]> {
    const active = await this.#active(domain);
    return (await this.#entries(domain)).map(({ key, value }) => toKey(domain, key, readStored(value), active));
  }

  async #get(domain: string, selector: string): Promise<DkimKey | null> {
    const entry = await this.#vault.get(keyPlace(domain, selector));
    return entry && toKey(domain, selector, readStored(entry.value), await this.#active(domain));
  }

  #entries(domain: string): ReturnType<Vault['list']> {
    return this.#vault.list({ owner: ownerOf(domain), kind: KIND }, { limit: 2 * MAX_DKIM_KEYS });
  }

  async #active(domain: string): Promise<Active> {
    const entries = await this.#vault.list({ owner: ownerOf(domain), kind: ACTIVE_KIND }, { limit: PAGE });
    return new Map(entries.map(({ key, value }) => [key, value]));
  }

  /** Only while it is this one: another may be activated at the same time. */
  async #deactivate({ domain, algorithm, fingerprint }: DkimKey): Promise<void> {
    const place = activePlace(domain, algorithm);
    const entry = await this.#vault.get(place);
    if (entry?.value === fingerprint) await this.#vault.update(place, entry.version, { value: '' });
  }

  #addToIndex(domain: string): Promise<boolean> {
    return this.#vault.create({ owner: INDEX_OWNER, kind: INDEX_KIND, key: domain }, { value: '' });
  }

  async #dropFromIndex(domain: string): Promise<void> {
    if ((await this.#entries(domain)).length > 0) return;
    await this.#vault.take({ owner: INDEX_OWNER, kind: INDEX_KIND, key: domain });
    if ((await this.#entries(domain)).length > 0) await this.#addToIndex(domain);
  }

  #needSealer(): Sealer {
    if (!this.#sealer) throw new EiderError('UNSUPPORTED', 'the store was opened without a secret to seal keys under');
    return this.#sealer;
  }
}

function toKey(domain: string, selector: string, stored: Stored, active: Active): DkimKey {
  const { algorithm, bits, fingerprint, created } = stored;
  const weak = algorithm === 'rsa-sha256' && bits < GOOD_RSA_BITS;
  return {
    domain,
    selector,
    algorithm,
    bits,
    fingerprint,
    active: active.get(algorithm) === fingerprint,
    created,
    warning: weak ? `an RSA key should have ${GOOD_RSA_BITS} bits, and this one has ${bits}` : null,
    record: dkimRecord(domain, selector, stored),
  };
}

const readStored = (value: string): Stored => JSON.parse(value) as Stored;

function defaultSelector(algorithm: DkimAlgorithm, now: number): string {
  const date = new Date(now).toISOString().slice(0, 10).replaceAll('-', '');
  return `${date}-${algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519'}`;
}

function keyPlace(domain: string, selector: string): VaultPlace {
  return { owner: ownerOf(domain), kind: KIND, key: selector };
}

function activePlace(domain: string, algorithm: DkimAlgorithm): VaultPlace {
  return { owner: ownerOf(domain), kind: ACTIVE_KIND, key: algorithm };
}

/** A domain may be longer than an owner. */
function ownerOf(domain: string): string {
  const owner = `@${domain}`;
  return owner.length <= MAX_OWNER ? owner : `@sha256:${createHash('sha256').update(domain).digest('hex')}`;
}

function sealPlace(domain: string, selector: string): string {
  return `${KIND}:${domain}:${selector}`;
}
