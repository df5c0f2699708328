/** Encryption as accounts have it: keys and settings, kept in the account's records. */

import type { Vault, VaultPlace } from '../engine/vault.ts';
import { EiderError, isEiderError } from '../errors.ts';
import type { Encryption, EncryptionKey, EncryptionSettings } from '../model/encryption.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import type { MailboxRef } from '../model/mailbox.ts';
import {
  DELIVERY_KIND,
  type EncryptionState,
  keyRecord,
  NO_ENCRYPTION,
  parseSettings,
  readEncryption,
  SETTINGS_KEY,
  type StoredSettings,
} from './encryption-state.ts';
import { readKey } from './read-key.ts';
import { hasUsableKey } from './recipients.ts';

/** Most keys of one account. */
export const MAX_KEYS = 16;
/** Most mailboxes of one account that are encrypted one by one. */
export const MAX_ENCRYPTED_MAILBOXES = 1_000;
/** More than all records of kind `delivery` that an account may have. */
const MAX_RECORDS = 1_000;

/** What of the directory tells whether an account is there. */
export interface AccountDirectory {
  get(account: AccountId): Promise<unknown>;
}

/** What of the store tells which mailboxes there are. @throws `ACCOUNT_NOT_FOUND`, `MAILBOX_NOT_FOUND`. */
export interface AccountMailboxes {
  mailbox(account: AccountId, ref: MailboxRef): Promise<{ readonly id: MailboxId }>;
  mailboxes(account: AccountId): Promise<readonly { readonly id: MailboxId }[]>;
}

/** See {@link Encryption}. */
export class AccountEncryption implements Encryption {
  readonly #vault: Vault;
  readonly #directory: AccountDirectory;
  readonly #mailboxes: AccountMailboxes;
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(vault: Vault, directory: AccountDirectory, mailboxes: AccountMailboxes, now: () => number = Date.now) {
    this.#vault = vault;
    this.#directory = directory;
    this.#mailboxes = mailboxes;
    this.#now = now;
  }

  /** All that encrypting a message needs, in one read. */
  async state(account: AccountId): Promise<EncryptionState> {
    const place = { owner: account, kind: DELIVERY_KIND };
    return readEncryption(await this.#vault.list(place, { limit: MAX_RECORDS }));
  }

  async settings(account: AccountId): Promise<EncryptionSettings> {
    const { enabled, subject } = await this.#readable(account);
    return { enabled, subject };
  }

  async configure(account: AccountId, settings: Partial<EncryptionSettings>): Promise<EncryptionSettings> {
    requireSettings(settings);
    await this.#requireAccount(account);
    const { enabled, subject } = await this.#change(account, async (before) => {
      const after = {
        ...before,
        ...(settings.enabled !== undefined && { enabled: settings.enabled }),
        ...(settings.subject !== undefined && { subject: settings.subject }),
      };
      if (after.enabled) await this.#requireUsable(account, after.keys, NO_KEY);
      return after;
    });
    return { enabled, subject };
  }

  async mailboxes(account: AccountId): Promise<MailboxId[]> {
    const entry = await this.#vault.get(this.#place(account, SETTINGS_KEY));
    const settings = entry ? parseSettings(entry.value) : NO_ENCRYPTION;
    if (!settings) throw corrupt();
    const { mailboxes } = settings;
    if (mailboxes.length === 0) return [];
    return (await this.#mailboxes.mailboxes(account)).map(({ id }) => id).filter((id) => mailboxes.includes(id));
  }

  async configureMailbox(account: AccountId, mailbox: MailboxRef, enabled: boolean): Promise<void> {
    if (typeof enabled !== 'boolean') {
      throw new EiderError('INVALID_ARGUMENT', 'encryption is on or off: true or false');
    }
    await this.#requireAccount(account);
    const { id } = await this.#mailboxes.mailbox(account, mailbox);
    await this.#change(account, async (before) => {
      if (before.mailboxes.includes(id) === enabled) return before;
      if (!enabled) return { ...before, mailboxes: before.mailboxes.filter((one) => one !== id) };
      await this.#requireUsable(account, before.keys, NO_KEY);
      // Those that are gone meanwhile are forgotten: no other gets their id.
      const there = new Set((await this.#mailboxes.mailboxes(account)).map((one) => one.id));
      const mailboxes = [...before.mailboxes.filter((one) => there.has(one)), id];
      if (mailboxes.length > MAX_ENCRYPTED_MAILBOXES) {
        const message = `at most ${MAX_ENCRYPTED_MAILBOXES} mailboxes of an account are encrypted one by one`;
        throw new EiderError('LIMIT_EXCEEDED', message);
      }
      return { ...before, mailboxes };
    });
  }

  async requireKey(account: AccountId): Promise<void> {
    const { keys } = await this.#readable(account);
    if (!(await hasUsableKey(keys, this.#now()))) throw new EiderError('KEY_INVALID', NO_KEY);
  }

  async keys(account: AccountId): Promise<EncryptionKey[]> {
    return [...(await this.#readable(account)).keys];
  }

  async addKey(account: AccountId, key: string | Uint8Array): Promise<EncryptionKey> {
    await this.#requireAccount(account);
    const now = this.#now();
    const read = await readKey(key, now);
    const added: EncryptionKey = { ...read, added: now };
    const place = this.#place(account, keyRecord(added.id));
    const change = this.#change(account, async (before) => {
      const known = before.keys.includes(added.id);
      if (!known && before.keys.length >= MAX_KEYS) {
        throw new EiderError('LIMIT_EXCEEDED', `an account has at most ${MAX_KEYS} keys`);
      }
      // Before the settings name it: a delivery in between finds each key that it looks for.
      await this.#vault.put(place, { value: JSON.stringify(added) });
      return known ? before : { ...before, keys: [...before.keys, added.id] };
    });
    await change.catch(async (error: unknown) => {
      // Others may have been faster after it was written.
      if (isEiderError(error, 'LIMIT_EXCEEDED')) await this.#vault.take(place);
      throw error;
    });
    return added;
  }

  async removeKey(account: AccountId, id: string): Promise<boolean> {
    const wanted = id.toLowerCase();
    let removed = false;
    await this.#change(account, async (before) => {
      removed = before.keys.includes(wanted);
      if (!removed) return before;
      const keys = before.keys.filter((key) => key !== wanted);
      if (before.enabled || (await this.mailboxes(account)).length > 0) {
        await this.#requireUsable(account, keys, 'it is the last key that can be used, and encryption is on');
      }
      return { ...before, keys };
    });
    if (removed) await this.#vault.take(this.#place(account, keyRecord(wanted)));
    return removed;
  }

  async #requireAccount(account: AccountId): Promise<void> {
    if (!(await this.#directory.get(account))) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
  }

  /** @throws `STORE_CORRUPT`. */
  async #readable(account: AccountId): Promise<EncryptionState> {
    const state = await this.state(account);
    if (state.damaged) throw corrupt();
    return state;
  }

  async #requireUsable(account: AccountId, ids: readonly string[], message: string): Promise<void> {
    const { keys } = await this.state(account);
    const left = keys.filter(({ id }) => ids.includes(id));
    if (!(await hasUsableKey(left, this.#now()))) throw new EiderError('KEY_INVALID', message);
  }

  /** Replaces the settings by what `edit` makes of them, again when somebody else was faster. */
  async #change(
    account: AccountId,
    edit: (before: StoredSettings) => Promise<StoredSettings>,
  ): Promise<StoredSettings> {
    const vault = this.#vault;
    const place = this.#place(account, SETTINGS_KEY);
    for (;;) {
      const entry = await vault.get(place);
      const before = entry ? parseSettings(entry.value) : NO_ENCRYPTION;
      if (!before) throw corrupt();
      const after = await edit(before);
      if (after === before) return before;
      const content = { value: JSON.stringify(after) };
      if (await (entry ? vault.update(place, entry.version, content) : vault.create(place, content))) return after;
    }
  }

  #place(account: AccountId, key: string): VaultPlace {
    return { owner: account, kind: DELIVERY_KIND, key };
  }
}

const NO_KEY = 'there is no key that mail can be encrypted to';

const corrupt = (): EiderError => new EiderError('STORE_CORRUPT', 'a record on encryption cannot be read');

function requireSettings({ enabled, subject }: Partial<EncryptionSettings>): void {
  if (enabled !== undefined && typeof enabled !== 'boolean') {
    throw new EiderError('INVALID_ARGUMENT', 'encryption is on or off: true or false');
  }
  if (subject !== undefined && subject !== 'clear' && subject !== 'hidden') {
    throw new EiderError('INVALID_ARGUMENT', 'the subject is clear or hidden');
  }
}
