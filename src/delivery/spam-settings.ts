/** What an account makes of verdicts on spam: its level, and the senders that it knows. */

import { DELIVERY_KIND } from '../crypto/encryption-state.ts';
import type { Vault, VaultEntry } from '../engine/vault.ts';
import { EiderError, isEiderError } from '../errors.ts';
import { normalizeAddress, normalizeDomain, splitAddress } from '../model/address.ts';
import type { AccountId } from '../model/ids.ts';
import { MAX_SPAM_SENDERS, type Spam, type SpamSettings } from '../model/spam.ts';

/** Key of the record that a delivery looks at. */
const SPAM_KEY = 'spam';
/** Most octets of both lists together, so that they fit into a record. */
const MAX_OCTETS = 60_000;
const TRIES = 20;

/** Where nothing was said. */
export const DEFAULT_SPAM_SETTINGS: SpamSettings = { level: 50, allow: [], block: [] };

/** The settings among the records that a delivery looks at. */
export function readSpamSettings(entries: readonly VaultEntry[]): SpamSettings {
  return readRecord(entries.find(({ key }) => key === SPAM_KEY) ?? null);
}

/** Spam settings in the records of accounts. */
export class StoreSpam implements Spam {
  readonly #vault: Vault;
  readonly #requireAccount: (account: AccountId) => Promise<void>;

  /** @param requireAccount rejects with `ACCOUNT_NOT_FOUND` */
  constructor(vault: Vault, requireAccount: (account: AccountId) => Promise<void>) {
    this.#vault = vault;
    this.#requireAccount = requireAccount;
  }

  async settings(account: AccountId): Promise<SpamSettings> {
    return readRecord(await this.#vault.get(placeOf(account)));
  }

  async configure(account: AccountId, settings: Partial<SpamSettings>): Promise<SpamSettings> {
    const { level, allow, block } = settings;
    const patch = {
      ...(level !== undefined && { level: requireLevel(level) }),
      ...(allow !== undefined && { allow: requireSenders(allow) }),
      ...(block !== undefined && { block: requireSenders(block) }),
    };
    await this.#requireAccount(account);
    const place = placeOf(account);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const entry = await this.#vault.get(place);
      const changed = { ...readRecord(entry), ...patch };
      const content = { value: JSON.stringify(changed) };
      if (Buffer.byteLength(content.value) > MAX_OCTETS) {
        throw new EiderError('LIMIT_EXCEEDED', `both lists of senders have more than ${MAX_OCTETS} octets together`);
      }
      const isDone = entry
        ? await this.#vault.update(place, entry.version, content)
        : await this.#vault.create(place, content);
      if (isDone) return changed;
    }
    throw new EiderError('BUSY', 'the settings are being changed by others');
  }
}

function placeOf(account: AccountId): { owner: AccountId; kind: string; key: string } {
  return { owner: account, kind: DELIVERY_KIND, key: SPAM_KEY };
}

function readRecord(entry: VaultEntry | null): SpamSettings {
  return entry
    ? { ...DEFAULT_SPAM_SETTINGS, ...(JSON.parse(entry.value) as Partial<SpamSettings>) }
    : DEFAULT_SPAM_SETTINGS;
}

function requireLevel(level: number): number {
  if (typeof level !== 'number' || !(level >= 0 && level <= 100)) {
    throw new EiderError('INVALID_ARGUMENT', 'a spam level is a number 0 to 100');
  }
  return level;
}

function requireSenders(senders: readonly string[]): string[] {
  if (!Array.isArray(senders) || !senders.every((sender) => typeof sender === 'string')) {
    throw new EiderError('INVALID_ARGUMENT', 'a list of senders is a list of texts');
  }
  if (senders.length > MAX_SPAM_SENDERS) {
    throw new EiderError('LIMIT_EXCEEDED', `a list of senders has at most ${MAX_SPAM_SENDERS}`);
  }
  return [...new Set(senders.map(normalizeSender))];
}

/** The normal form of an address, or of a domain with or without `@` before it. @throws `INVALID_ARGUMENT`. */
export function normalizeSender(sender: string): string {
  try {
    if (splitAddress(sender)) return normalizeAddress(sender);
    return normalizeDomain(sender.trim().replace(/^@/, ''));
  } catch (error) {
    if (!isEiderError(error, 'ADDRESS_INVALID')) throw error;
    throw new EiderError(
      'INVALID_ARGUMENT',
      `${sender.slice(0, 64)} is neither an address nor a domain: ${error.message}`,
    );
  }
}
