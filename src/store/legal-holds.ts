/** Times of which nothing of an account may be lost. */

import { EiderError } from '../errors.ts';
import { type AccountId, newId } from '../model/ids.ts';
import type { LegalHold } from '../model/recovery.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { accountSettings, type StoreContext } from './context.ts';
import { holdMark, markHeld, unmarkHeld } from './hidden-mailboxes.ts';

const KIND = 'hold';
/** Of which account each hold is. */
const INDEX = { owner: 'holds:', kind: 'holdIndex' };
const MAX_HOLDS = 100;
const MAX_NOTE = 1_000;
const DAY_MS = 86_400_000;

/** What a caller says of a hold. */
export type HoldOptions = Partial<Pick<LegalHold, 'from' | 'before' | 'expires' | 'note'>>;

/** The holds of an account that have not ended, the oldest first. */
export async function listHolds({ engine }: Pick<StoreContext, 'engine'>, account: AccountId): Promise<LegalHold[]> {
  const entries = await engine.vault.list({ owner: account, kind: KIND }, { limit: MAX_HOLDS });
  return entries.map(({ value }) => JSON.parse(value) as LegalHold).sort((a, b) => a.created - b.created);
}

/** Whether there is one. */
export async function hasHold(context: Pick<StoreContext, 'engine'>, account: AccountId): Promise<boolean> {
  return (await listHolds(context, account)).length > 0;
}

/** Begins one. The mark in the account comes after the record, and goes before it: what is lost is in no hold. */
export async function addHold(context: StoreContext, account: AccountId, options: HoldOptions): Promise<LegalHold> {
  const { from = null, before = null, expires = null, note = '' } = options;
  const times = [from, before, expires];
  if (!times.every((time) => time === null || Number.isSafeInteger(time)) || note.length > MAX_NOTE) {
    throw new EiderError('INVALID_ARGUMENT', `a hold has whole milliseconds, and a note of ${MAX_NOTE} characters`);
  }
  if (from !== null && before !== null && from >= before) {
    throw new EiderError('INVALID_ARGUMENT', 'the time of a hold ends after it begins');
  }
  await accountSettings(context, account);
  if ((await listHolds(context, account)).length >= MAX_HOLDS) {
    throw new EiderError('LIMIT_EXCEEDED', `an account has at most ${MAX_HOLDS} holds`);
  }
  const hold: LegalHold = { id: newId(), from, before, expires, note, created: Date.now() };
  await context.engine.vault.put(placeOf(account, hold.id), { value: JSON.stringify(hold), expires });
  await context.engine.vault.put({ ...INDEX, key: hold.id }, { value: account, expires });
  await context.engine.write(account, markHeld);
  return hold;
}

/** A hold by its id alone; `null` when there is none. */
export async function findHold(
  { engine }: Pick<StoreContext, 'engine'>,
  id: string,
): Promise<{ readonly account: AccountId; readonly hold: LegalHold } | null> {
  const entry = await engine.vault.get({ ...INDEX, key: id });
  const hold = entry && (await listHolds({ engine }, entry.value)).find((one) => one.id === id);
  return entry && hold ? { account: entry.value, hold } : null;
}

/** Ends one. */
export async function removeHold(context: StoreContext, account: AccountId, id: string): Promise<boolean> {
  if (!(await listHolds(context, account)).some((hold) => hold.id === id)) return false;
  await context.engine.vault.take(placeOf(account, id));
  await context.engine.vault.take({ ...INDEX, key: id });
  await unmarkWithoutHold(context, account);
  return true;
}

/** Takes the mark off when the last hold has ended, be it by itself. */
export async function unmarkWithoutHold(context: StoreContext, account: AccountId): Promise<void> {
  // Read before the holds: one that begins meanwhile makes a mark of its own, which stays.
  const mark = await context.engine.read(account, holdMark);
  if (mark === null || (await hasHold(context, account))) return;
  await context.engine.write(account, (tx) => unmarkHeld(tx, mark));
}

/** Messages of the times of any of the holds; whole days, rather too many than too few. `null` for no hold. */
export function heldQuery(holds: readonly LegalHold[]): SearchQuery | null {
  if (holds.length === 0) return null;
  const of = holds.map(({ from, before }): SearchQuery => {
    if (from === null && before === null) return { key: 'all' };
    return {
      key: 'internalDay',
      ...(from !== null && { from: Math.floor(from / DAY_MS) }),
      ...(before !== null && { before: Math.ceil(before / DAY_MS) }),
    };
  });
  return { key: 'or', of };
}

function placeOf(account: AccountId, id: string): { owner: string; kind: string; key: string } {
  return { owner: account, kind: KIND, key: id };
}
