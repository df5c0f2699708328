/** Certificates for TLS in the store's small records, private keys sealed. */

import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { domainToASCII } from 'node:url';
import type { Vault, VaultEntry, VaultPlace } from '../engine/vault.ts';
import { vaultEntries } from '../engine/vault-entries.ts';
import { EiderError } from '../errors.ts';
import type { TlsCertificate, TlsCertificateInput, TlsCertificates } from '../model/tls-certificate.ts';
import type { Sealer } from './sealer.ts';

const OWNER = '@tls';
const KIND = 'tlsCertificate';
const PAGE = 100;
/** Names of a store. */
const MAX_CERTIFICATES = 10_000;
/** Of a chain, and its octets; of a key. */
const MAX_CHAIN = 10;
const MAX_CHAIN_OCTETS = 30_000;
const MAX_KEY_OCTETS = 16_384;
const MAX_ALT_NAMES = 100;
const MAX_DESCRIPTION = 255;
const NAME = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

interface Stored extends TlsCertificate {
  readonly chain: string;
  /** PKCS #8 in PEM, sealed. */
  readonly sealed: string;
}

/** See {@link TlsCertificates}. */
export class StoreTlsCertificates implements TlsCertificates {
  readonly #vault: Vault;
  readonly #sealer: Sealer | null;
  readonly #now: () => number;

  constructor(vault: Vault, sealer: Sealer | null, now: () => number = Date.now) {
    this.#vault = vault;
    this.#sealer = sealer;
    this.#now = now;
  }

  async set({ serverName, privateKey, certificate, description = '' }: TlsCertificateInput): Promise<TlsCertificate> {
    const name = normalizeServerName(serverName);
    if (description.length > MAX_DESCRIPTION) throw new EiderError('INVALID_ARGUMENT', 'the description is too long');
    const chain = readChain(certificate);
    const [first] = chain as [X509Certificate];
    const key = readPrivateKey(privateKey);
    if (!first.checkPrivateKey(key)) throw unfit('the key is not that of the certificate');
    const expires = Date.parse(first.validTo);
    if (expires <= this.#now()) throw unfit('the certificate has expired');
    // One name below stands for all.
    if (!first.checkHost(name.replace(/^\*\./, 'any.'))) throw unfit(`the certificate is not for ${name}`);
    const id = idOf(name);
    const there = await this.#vault.get(placeOf(id));
    if (!there && (await this.list()).length >= MAX_CERTIFICATES) {
      throw new EiderError('LIMIT_EXCEEDED', `a store has at most ${MAX_CERTIFICATES} certificates`);
    }
    const stored: Stored = {
      id,
      serverName: name,
      description,
      fingerprint: createHash('sha256').update(first.raw).digest('hex'),
      altNames: altNamesOf(first),
      expires,
      created: there ? read(there).created : this.#now(),
      chain: chain.map((one) => one.toString()).join(''),
      sealed: this.#needSealer().seal(sealPlace(name), key.export({ type: 'pkcs8', format: 'pem' }).toString()),
    };
    await this.#vault.put(placeOf(id), { value: JSON.stringify(stored) });
    return shown(stored);
  }

  async list(): Promise<TlsCertificate[]> {
    const found: TlsCertificate[] = [];
    const place = { owner: OWNER, kind: KIND };
    for await (const entry of vaultEntries(this.#vault, place, PAGE)) found.push(shown(read(entry)));
    return found.sort((a, b) => (a.serverName < b.serverName ? -1 : 1));
  }

  async get(id: string): Promise<TlsCertificate | null> {
    if (!/^[0-9a-f]{24}$/.test(id)) return null;
    const entry = await this.#vault.get(placeOf(id));
    return entry && shown(read(entry));
  }

  async resolve(serverName: string): Promise<TlsCertificate | null> {
    const stored = await this.#find(serverName);
    return stored && shown(stored);
  }

  async remove(id: string): Promise<boolean> {
    return (await this.get(id)) !== null && (await this.#vault.take(placeOf(id))) !== null;
  }

  async material(serverName: string): Promise<{ readonly key: string; readonly cert: string } | null> {
    const stored = await this.#find(serverName);
    if (!stored) return null;
    return { key: this.#needSealer().open(sealPlace(stored.serverName), stored.sealed), cert: stored.chain };
  }

  async #find(serverName: string): Promise<Stored | null> {
    const name = normalizeServerName(serverName);
    for (const one of [name, name.replace(/^[^.]+\./, '*.')]) {
      const entry = await this.#vault.get(placeOf(idOf(one)));
      if (entry) return read(entry);
    }
    return null;
  }

  #needSealer(): Sealer {
    if (!this.#sealer) throw new EiderError('UNSUPPORTED', 'the store was opened without a secret to seal keys under');
    return this.#sealer;
  }
}

/** With A-labels and without the root's dot. @throws `DOMAIN_INVALID`. */
function normalizeServerName(name: string): string {
  const text = name.trim().replace(/\.$/, '');
  const isWild = text.startsWith('*.');
  const ascii = domainToASCII(isWild ? text.slice(2) : text);
  const normal = isWild ? `*.${ascii}` : ascii;
  if (normal.length > 253 || !NAME.test(normal)) throw new EiderError('DOMAIN_INVALID', 'this is no name of a server');
  return normal;
}

/** Each but the last signed by the next. */
function readChain(pem: string): X509Certificate[] {
  if (pem.length > MAX_CHAIN_OCTETS) throw unfit('the certificates are too long');
  const texts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (texts.length === 0 || texts.length > MAX_CHAIN) throw unfit(`1 to ${MAX_CHAIN} certificates in PEM are needed`);
  const chain = texts.map((text) => {
    try {
      return new X509Certificate(text);
    } catch (error) {
      throw new EiderError('KEY_INVALID', 'a certificate cannot be read', { cause: error });
    }
  });
  for (const [at, issuer] of chain.slice(1).entries()) {
    const one = chain[at] as X509Certificate;
    if (!one.checkIssued(issuer) || !one.verify(issuer.publicKey)) {
      throw unfit('the chain is not in order: each certificate comes before the one that has signed it');
    }
  }
  return chain;
}

function readPrivateKey(pem: string): ReturnType<typeof createPrivateKey> {
  if (pem.length > MAX_KEY_OCTETS) throw unfit('the key is too long');
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new EiderError('KEY_INVALID', 'the private key cannot be read', { cause: error });
  }
}

function altNamesOf({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/(?:^|, )DNS:([^",]+)/g)]
    .map((found) => found[1] as string)
    .slice(0, MAX_ALT_NAMES);
}

function shown({ chain: _chain, sealed: _sealed, ...certificate }: Stored): TlsCertificate {
  return certificate;
}

const read = ({ value }: VaultEntry): Stored => JSON.parse(value) as Stored;
const idOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 24);
const placeOf = (id: string): VaultPlace => ({ owner: OWNER, kind: KIND, key: id });
const sealPlace = (name: string): string => `${KIND}:${name}`;
const unfit = (message: string): EiderError => new EiderError('KEY_INVALID', message);
