/** Accounts that were removed: out of everybody's sight, until they are brought back or gone for good. */

import { isIncoming } from '../engine/account-transfer.ts';
import type { AccountRecord, Engine } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import type { AccountId } from '../model/ids.ts';
import type { RestorableAccount } from '../model/recovery.ts';

const KIND = 'removed';
const KEY = 'account';
const PAGE = 200;
// Neither of the two characters can be in a name of an account.
const REMOVED = '* removed';

/** A removed account as it was. */
interface RemovedAccount {
  readonly record: AccountRecord;
  readonly removed: number;
}

/** Whether an account is in the directory but not there for anybody: removed, or still coming in. */
export function isAbsent(record: Pick<AccountRecord, 'name'>): boolean {
  return isIncoming(record) || isRemoved(record);
}

const isRemoved = ({ name }: Pick<AccountRecord, 'name'>): boolean => name.startsWith(REMOVED);

/** Takes an account out of sight. Its name and addresses are free from then on. */
export async function hideAccount(engine: Engine, record: AccountRecord, now: number): Promise<void> {
  const removed: RemovedAccount = { record, removed: now };
  await engine.vault.put(placeOf(record.id), { value: JSON.stringify(removed) });
  const name = `${REMOVED} ${now} ${record.id}`;
  await engine.transfer.release({ ...record, name, addresses: [], passwordHash: null });
}

/** Accounts that can be brought back, by id. */
export async function* removedAccounts(engine: Engine): AsyncGenerator<RemovedAccount, void, undefined> {
  for (let after: AccountId | undefined; ; ) {
    const page = await engine.directory.list({ ...(after !== undefined && { after }), limit: PAGE });
    for (const record of page) {
      if (!isRemoved(record)) continue;
      const entry = await engine.vault.get(placeOf(record.id));
      if (entry) yield JSON.parse(entry.value) as RemovedAccount;
    }
    after = page.at(-1)?.id;
    if (after === undefined) return;
  }
}

/** The same, as others see them. */
export async function* restorableAccounts(engine: Engine): AsyncGenerator<RestorableAccount, void, undefined> {
  for await (const { record, removed } of removedAccounts(engine)) yield { account: toAccount(record), removed };
}

/** What leads to an account beside the directory. */
export interface WaysToAccount {
  /** @throws `ADDRESS_EXISTS`. */
  requireFree(record: AccountRecord): Promise<void>;
  register(record: AccountRecord): Promise<void>;
}

/** Brings one back, the one removed last of those that had the name or address. */
export async function bringBackAccount(engine: Engine, ref: string, ways: WaysToAccount): Promise<Account> {
  let found: RemovedAccount | null = null;
  for await (const one of removedAccounts(engine)) {
    const { id, name, addresses } = one.record;
    if (id !== ref && name !== ref && !addresses.includes(ref)) continue;
    if (!found || one.removed > found.removed) found = one;
  }
  if (!found) throw new EiderError('ACCOUNT_NOT_FOUND', 'no removed account of that id, name or address');
  await ways.requireFree(found.record);
  await engine.transfer.release(found.record);
  await ways.register(found.record);
  await engine.vault.take(placeOf(found.record.id));
  return toAccount(found.record);
}

/**
 * Forgets accounts that were removed before a moment.
 *
 * @param isKept whether there is a reason to keep an account for longer
 */
export async function forgetRemoved(
  engine: Engine,
  before: number,
  isKept: (account: AccountId) => Promise<boolean>,
  forgotten: (account: AccountId) => void,
): Promise<void> {
  for await (const { record, removed } of removedAccounts(engine)) {
    if (removed >= before || (await isKept(record.id))) continue;
    if (await engine.directory.delete(record.id)) forgotten(record.id);
  }
}

function toAccount({ passwordHash: _hash, ...account }: AccountRecord): Account {
  return account;
}

function placeOf(owner: AccountId): { owner: string; kind: string; key: string } {
  return { owner, kind: KIND, key: KEY };
}
