/** Profiles of accounts: up to four small records each, so that none is too large for one. */

import type { Vault, VaultEntry } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import {
  type AccountProfile,
  type AccountProfiles,
  EMPTY_PROFILE,
  MAX_ACCOUNT_TAGS,
  MAX_PROFILE_DATA_OCTETS,
} from '../model/account-profile.ts';
import type { AccountId } from '../model/ids.ts';

const KIND = 'profile';
/** Of what a delivery looks at, so that it needs no read of its own. */
const DELIVERY_KIND = 'delivery';
const TAGS_KEY = 'tags';
const MAX_SEND_AS = 100;
const MAX_SEND_AS_LENGTH = 320;
const MAX_TAG_LENGTH = 128;
const MAX_NAME_LENGTH = 256;
const MAX_LANGUAGE_LENGTH = 20;

/** Fields by the record in which they lie. */
const PARTS = {
  person: ['displayName', 'language', 'sendAs'],
  data: ['data'],
  internalData: ['internalData'],
  [TAGS_KEY]: ['tags'],
} as const satisfies Readonly<Record<string, readonly (keyof AccountProfile)[]>>;

/** The profiles of all accounts. */
export class StoreProfiles implements AccountProfiles {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async get(account: AccountId): Promise<AccountProfile> {
    const [entries, tags] = await Promise.all([
      this.#vault.list({ owner: account, kind: KIND }, { limit: 10 }),
      this.#vault.get({ owner: account, kind: DELIVERY_KIND, key: TAGS_KEY }),
    ]);
    const stored = [...entries, ...(tags ? [tags] : [])].map(
      ({ value }) => JSON.parse(value) as Partial<AccountProfile>,
    );
    return Object.assign({}, EMPTY_PROFILE, ...stored) as AccountProfile;
  }

  async update(account: AccountId, change: Partial<AccountProfile>): Promise<AccountProfile> {
    const wanted = checked(change);
    const before = await this.get(account);
    for (const [key, names] of Object.entries(PARTS)) {
      if (!names.some((name) => wanted[name] !== undefined)) continue;
      const part = Object.fromEntries(names.map((name) => [name, wanted[name] ?? before[name]]));
      const kind = key === TAGS_KEY ? DELIVERY_KIND : KIND;
      await this.#vault.put({ owner: account, kind, key }, { value: JSON.stringify(part) });
    }
    return { ...before, ...wanted };
  }
}

/** The tags among the records that a delivery looks at. */
export function readTags(entries: readonly VaultEntry[]): readonly string[] {
  const entry = entries.find(({ key }) => key === TAGS_KEY);
  return entry ? (JSON.parse(entry.value) as Pick<AccountProfile, 'tags'>).tags : [];
}

function checked(change: Partial<AccountProfile>): Partial<AccountProfile> {
  const { displayName, language, tags, sendAs, data, internalData } = change;
  return {
    ...(displayName !== undefined && { displayName: requireText('the name', displayName, MAX_NAME_LENGTH) }),
    ...(language !== undefined && { language: requireText('the language', language, MAX_LANGUAGE_LENGTH) }),
    ...(tags && { tags: distinct(requireTexts('tags', tags, MAX_ACCOUNT_TAGS, MAX_TAG_LENGTH)) }),
    ...(sendAs && { sendAs: distinct(requireTexts('addresses', sendAs, MAX_SEND_AS, MAX_SEND_AS_LENGTH)) }),
    ...(data && { data: requireSmall('the data', data) }),
    ...(internalData && { internalData: requireSmall('the internal data', internalData) }),
  };
}

function requireTexts(what: string, texts: readonly string[], most: number, length: number): string[] {
  if (texts.length > most) throw new EiderError('INVALID_ARGUMENT', `there are at most ${most} ${what}`);
  return texts.map((text) => requireText(what, text.trim(), length)).filter((text) => text !== '');
}

function requireText(what: string, text: string, most: number): string {
  if (text.length <= most && !/[\x00-\x1f\x7f]|\p{Surrogate}/u.test(text)) return text.normalize('NFC');
  throw new EiderError('INVALID_ARGUMENT', `${what}: at most ${most} characters, none of control`);
}

/** Without repetition but for case, sorted. */
function distinct(texts: readonly string[]): string[] {
  const byKey = new Map(texts.toReversed().map((text) => [text.toLowerCase(), text]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
}

function requireSmall<T extends object>(what: string, value: T): T {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) <= MAX_PROFILE_DATA_OCTETS && !/\p{Surrogate}/u.test(text)) return value;
  throw new EiderError('INVALID_ARGUMENT', `${what}: at most ${MAX_PROFILE_DATA_OCTETS} octets of well-formed JSON`);
}
