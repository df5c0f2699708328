/** Webhooks in the store's small records: what each is told of, how far it is, and what it did not take. */

import { randomBytes } from 'node:crypto';
import type { Sealer } from '../crypto/sealer.ts';
import type { Vault, VaultEntry, VaultPlace } from '../engine/vault.ts';
import { vaultEntries } from '../engine/vault-entries.ts';
import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import type { Webhook, WebhookDisabled, WebhookLetter } from '../model/webhook.ts';
import { changeRecord } from '../store/change-record.ts';

/** A secret, sealed. */
export interface SealedSecret {
  readonly sealed: string;
  /** Nothing is signed under it from then on, milliseconds since 1970; `null` for the newest. */
  readonly until: number | null;
}

/** What is said of a webhook. */
export interface WebhookSettings {
  readonly url: string;
  readonly types: readonly string[];
  readonly account: AccountId | null;
  readonly created: number;
  readonly secrets: readonly SealedSecret[];
}

/** How far a webhook is; see {@link Webhook}. */
export interface WebhookProgress {
  readonly position: string;
  /** Tries of the event after `position`. */
  readonly tries: number;
  readonly failures: number;
  readonly failingSince: number | null;
  readonly error: string | null;
  readonly notBefore: number;
  readonly disabled: WebhookDisabled | null;
}

/** A record as it was read. */
export interface Versioned<T> {
  readonly value: T;
  readonly version: number;
}

/** A letter as it is kept. */
type StoredLetter = Omit<WebhookLetter, 'id'>;

/** Octets of a secret. */
const SECRET_OCTETS = 32;
const SECRET_PREFIX = 'whsec_';
/** Both secrets sign for so long after another was made, in milliseconds: 24 hours. */
const ROTATION_MS = 86_400_000;
/** Dead letters are kept for so long, in milliseconds: 30 days. */
const LETTER_MS = 2_592_000_000;
/** Letters are larger than other records. */
const LETTERS_PAGE = 100;
const OWNER = 'webhooks';
const ID = /^[0-9a-f]{24}$/;

/** The records. What one webhook has beside its settings has an owner of its own. */
export class WebhookRecords {
  readonly #vault: Vault;
  readonly #sealer: Sealer | null;

  constructor(vault: Vault, sealer: Sealer | null) {
    this.#vault = vault;
    this.#sealer = sealer;
  }

  async list(): Promise<ReadonlyMap<string, Versioned<WebhookSettings>>> {
    const found = new Map<string, Versioned<WebhookSettings>>();
    const place = { owner: OWNER, kind: 'webhook' };
    for await (const entry of vaultEntries(this.#vault, place)) found.set(entry.key, read(entry));
    return found;
  }

  async settings(id: string): Promise<Versioned<WebhookSettings> | null> {
    const entry = ID.test(id) ? await this.#vault.get(settingsAt(id)) : null;
    return entry && read(entry);
  }

  async create(id: string, settings: WebhookSettings, progress: WebhookProgress): Promise<void> {
    await this.#vault.put(progressAt(id), { value: JSON.stringify(progress) });
    await this.#vault.put(settingsAt(id), { value: JSON.stringify(settings) });
  }

  /** Changes settings; whoever posts to the webhook begins anew by them, also when nothing is changed. */
  async change(id: string, change: (before: WebhookSettings) => WebhookSettings): Promise<boolean> {
    if (!ID.test(id)) return false;
    const changed = await changeRecord<WebhookSettings>(
      this.#vault,
      settingsAt(id),
      (before) => before && change(before),
    );
    return changed !== null;
  }

  async remove(id: string): Promise<boolean> {
    if (!ID.test(id) || !(await this.#vault.take(settingsAt(id)))) return false;
    await this.clear(id);
    return true;
  }

  /** Removes what a webhook has that is there no more: whoever was posting to it may have kept something since. */
  clear(id: string): Promise<void> {
    return this.#vault.clear(ownerOf(id));
  }

  async progress(id: string): Promise<Versioned<WebhookProgress> | null> {
    const entry = await this.#vault.get(progressAt(id));
    return entry && read(entry);
  }

  /** Replaces what is of that version; `null` when it is another, and when others have changed it since. */
  async setProgress(
    id: string,
    { version }: Versioned<WebhookProgress>,
    progress: WebhookProgress,
  ): Promise<Versioned<WebhookProgress> | null> {
    const value = JSON.stringify(progress);
    if (!(await this.#vault.update(progressAt(id), version, { value }))) return null;
    const entry = await this.#vault.get(progressAt(id));
    return entry?.value === value ? read(entry) : null;
  }

  /** Changes it, whatever it is meanwhile. */
  async changeProgress(id: string, change: Partial<WebhookProgress>): Promise<void> {
    await changeRecord<WebhookProgress>(this.#vault, progressAt(id), (before) => before && { ...before, ...change });
  }

  async letters(id: string, options: { readonly after?: string; readonly limit: number }): Promise<WebhookLetter[]> {
    const found = await this.#vault.list({ owner: ownerOf(id), kind: 'webhookLetter' }, options);
    return found.map(letterOf);
  }

  async *allLetters(id: string): AsyncGenerator<WebhookLetter, void, undefined> {
    const place = { owner: ownerOf(id), kind: 'webhookLetter' };
    for await (const entry of vaultEntries(this.#vault, place, LETTERS_PAGE)) yield letterOf(entry);
  }

  async letter(id: string, letter: string): Promise<WebhookLetter | null> {
    const entry = ID.test(letter) ? await this.#vault.get(letterAt(id, letter)) : null;
    return entry && letterOf(entry);
  }

  async putLetter(id: string, { id: key, ...letter }: WebhookLetter): Promise<void> {
    const expires = letter.due === null ? Date.now() + LETTER_MS : null;
    await this.#vault.put(letterAt(id, key), { value: JSON.stringify(letter), expires });
  }

  async removeLetter(id: string, letter: string): Promise<boolean> {
    return ID.test(letter) && (await this.#vault.take(letterAt(id, letter))) !== null;
  }

  /** A secret as it is told, and what is kept of it. */
  makeSecret(id: string): { readonly told: string; readonly kept: SealedSecret } | null {
    if (!this.#sealer) return null;
    const secret = randomBytes(SECRET_OCTETS).toString('base64');
    return { told: SECRET_PREFIX + secret, kept: { sealed: this.#sealer.seal(sealPlace(id), secret), until: null } };
  }

  /** The secrets that sign now. @throws `UNSUPPORTED` when they cannot be opened: nothing goes out unsigned then. */
  secretsOf(id: string, { secrets }: WebhookSettings): Buffer[] {
    const now = Date.now();
    const inForce = secrets.filter(({ until }) => until === null || until > now);
    return inForce.map(({ sealed }) => Buffer.from(requireSealer(this.#sealer).open(sealPlace(id), sealed), 'base64'));
  }
}

/** Secrets after a new one was made: the one before still signs for a day. */
export function withSecret(before: readonly SealedSecret[], added: SealedSecret): SealedSecret[] {
  const until = Date.now() + ROTATION_MS;
  const newest = before.filter((one) => one.until === null);
  return [added, ...newest.map((one) => ({ ...one, until }))];
}

/** A webhook as it is told. */
export function webhookOf(id: string, settings: WebhookSettings, progress: WebhookProgress): Webhook {
  const { secrets, ...said } = settings;
  const { tries: _tries, ...how } = progress;
  return { id, ...said, signed: secrets.length > 0, ...how };
}

/** What a webhook that was just made has of progress. */
export function progressFrom(position: string): WebhookProgress {
  return { position, tries: 0, failures: 0, failingSince: null, error: null, notBefore: 0, disabled: null };
}

function requireSealer(sealer: Sealer | null): Sealer {
  if (!sealer) throw new EiderError('UNSUPPORTED', 'the store was opened without the secret that this is sealed under');
  return sealer;
}

const letterOf = ({ key, value }: VaultEntry): WebhookLetter => ({ id: key, ...(JSON.parse(value) as StoredLetter) });
const read = <T>({ value, version }: VaultEntry): Versioned<T> => ({ value: JSON.parse(value) as T, version });
const ownerOf = (id: string): string => `webhook ${id}`;
const settingsAt = (id: string): VaultPlace => ({ owner: OWNER, kind: 'webhook', key: id });
const progressAt = (id: string): VaultPlace => ({ owner: ownerOf(id), kind: 'webhookProgress', key: 'progress' });
const letterAt = (id: string, letter: string): VaultPlace => ({
  owner: ownerOf(id),
  kind: 'webhookLetter',
  key: letter,
});
const sealPlace = (id: string): string => `webhook:${id}`;
