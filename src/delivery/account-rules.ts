/** Everything that an account has said about its mail, in one read. */

import { DELIVERY_KIND, type EncryptionState, readEncryption, SETTINGS_KEY } from '../crypto/encryption-state.ts';
import type { Vault } from '../engine/vault.ts';
import type { AutoReply } from '../model/auto-reply.ts';
import type { Filter } from '../model/filter.ts';
import type { Forwarding } from '../model/forwarding.ts';
import type { AccountId } from '../model/ids.ts';
import type { SpamSettings } from '../model/spam.ts';
import { readTags } from '../store/account-profiles.ts';
import { readAutoReply } from './auto-reply-settings.ts';
import { readFilters } from './filter-record.ts';
import { readForwarding } from './forwarding-settings.ts';
import { readSpamSettings } from './spam-settings.ts';

/** More records than an account can have. */
const MAX_RECORDS = 1_000;

/** What an account has said. */
export interface AccountRules {
  readonly filters: readonly Filter[];
  readonly spam: SpamSettings;
  readonly autoReply: AutoReply | null;
  readonly forwarding: Forwarding | null;
  readonly encryption: EncryptionState;
  /** Of the account. */
  readonly tags: readonly string[];
}

/** What it has said of encryption alone. */
export async function readEncryptionState(vault: Vault, account: AccountId): Promise<EncryptionState> {
  const place = { owner: account, kind: DELIVERY_KIND };
  // Most accounts have said nothing, and one small record tells that.
  if (!(await vault.get({ ...place, key: SETTINGS_KEY }))) return readEncryption([]);
  return readEncryption(await vault.list(place, { limit: MAX_RECORDS }));
}

/** Reads it as it stands now. */
export async function readAccountRules(vault: Vault, account: AccountId): Promise<AccountRules> {
  const entries = await vault.list({ owner: account, kind: DELIVERY_KIND }, { limit: MAX_RECORDS });
  return {
    filters: readFilters(entries).filters,
    spam: readSpamSettings(entries),
    autoReply: readAutoReply(entries),
    forwarding: readForwarding(entries),
    encryption: readEncryption(entries),
    tags: readTags(entries),
  };
}
