/** Encryption as the records of an account say it: what is on, and with which keys. */

import type { VaultEntry } from '../engine/vault.ts';
import type { EncryptionKey, EncryptionSettings } from '../model/encryption.ts';
import type { MailboxId } from '../model/ids.ts';

/** Kind of the records, that of all that a delivery has to know of an account. */
export const DELIVERY_KIND = 'delivery';
/** Key of the record with the settings. */
export const SETTINGS_KEY = 'encryption';

/** Key of the record with a public key. */
export const keyRecord = (id: string): string => `key ${id}`;

/** The record with the settings. Only keys that it names count, so that a change of it decides between two at once. */
export interface StoredSettings extends EncryptionSettings {
  /** Ids of the account's keys, in the order in which they came. */
  readonly keys: readonly string[];
  /** Mailboxes that are encrypted whatever {@link EncryptionSettings.enabled} says. */
  readonly mailboxes: readonly MailboxId[];
}

/** What an account has before anything was set. */
export const NO_ENCRYPTION: StoredSettings = { enabled: false, subject: 'clear', keys: [], mailboxes: [] };

/** What a delivery has to know. */
export interface EncryptionState extends EncryptionSettings {
  /** Also those that cannot be used any more. */
  readonly keys: readonly EncryptionKey[];
  /** A record cannot be read: nothing may be stored, as nobody knows whether it should be encrypted, and with what. */
  readonly damaged: boolean;
  /** Mailboxes that are encrypted though not all of the account's mail is. */
  readonly mailboxes: ReadonlySet<MailboxId>;
}

/** Whether any mail of the account is encrypted, so that none may be written down before it is known where it goes. */
export function encryptsAny({ enabled, mailboxes }: EncryptionState): boolean {
  return enabled || mailboxes.size > 0;
}

/** Whether what comes into a mailbox is encrypted. */
export function encryptsInto({ enabled, mailboxes }: EncryptionState, mailbox: MailboxId): boolean {
  return enabled || mailboxes.has(mailbox);
}

/** The same for one message that comes into these mailboxes: it is encrypted when one of them is. */
export function encryptionInto(state: EncryptionState, mailboxes: readonly MailboxId[]): EncryptionState {
  const enabled = state.enabled || mailboxes.some((one) => state.mailboxes.has(one));
  return enabled === state.enabled ? state : { ...state, enabled };
}

/** Reads the state out of an account's records of kind `delivery`; those that are about something else are passed over. */
export function readEncryption(entries: readonly Pick<VaultEntry, 'key' | 'value'>[]): EncryptionState {
  const values = new Map(entries.map(({ key, value }) => [key, value]));
  const text = values.get(SETTINGS_KEY);
  const settings = text === undefined ? NO_ENCRYPTION : parseSettings(text);
  if (!settings) return { enabled: true, subject: 'hidden', keys: [], damaged: true, mailboxes: new Set() };
  const keys: EncryptionKey[] = [];
  let damaged = false;
  for (const id of settings.keys) {
    const value = values.get(keyRecord(id));
    // Gone since the settings were read: one that is being removed.
    if (value === undefined) continue;
    const key = parseKey(value, id);
    if (key) keys.push(key);
    else damaged = true;
  }
  const { enabled, subject } = settings;
  return { enabled, subject, keys, damaged, mailboxes: new Set(settings.mailboxes) };
}

/** `null` for what is no such record. */
export function parseSettings(text: string): StoredSettings | null {
  const value = parseObject(text);
  if (!value || typeof value.enabled !== 'boolean' || !Array.isArray(value.keys)) return null;
  if (value.subject !== 'clear' && value.subject !== 'hidden') return null;
  if (!value.keys.every((id) => typeof id === 'string')) return null;
  // Records from before mailboxes could be encrypted one by one have none.
  const mailboxes = value.mailboxes ?? [];
  if (!Array.isArray(mailboxes) || !mailboxes.every(Number.isSafeInteger)) return null;
  return { enabled: value.enabled, subject: value.subject, keys: value.keys, mailboxes };
}

function parseKey(text: string, id: string): EncryptionKey | null {
  const value = parseObject(text);
  const isKey =
    value?.id === id && (value.type === 'openpgp' || value.type === 'smime') && typeof value.text === 'string';
  return isKey ? (value as unknown as EncryptionKey) : null;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
