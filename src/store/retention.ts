/** How long messages stay: in a mailbox, and after they were expunged. */

import { EiderError } from '../errors.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import type { Mailbox, MailboxRef, SpecialUse } from '../model/mailbox.ts';
import type { MailboxRetention } from '../model/recovery.ts';
import { UidSet } from '../model/uid-set.ts';
import { resolveMailbox, type StoreContext } from './context.ts';
import { removeMessages } from './expunge.ts';
import { visibleMailboxes } from './hidden-mailboxes.ts';
import { unmarkWithoutHold } from './legal-holds.ts';
import { purgeExcess } from './restorable-bound.ts';
import { purgeKept } from './restore.ts';

const KIND = 'retention';
const MAX_DAYS = 36_500;
const DAY_MS = 86_400_000;
const BATCH = 1_000;
/** The store's choice, as Gmail's. */
const DEFAULT_DAYS: Partial<Readonly<Record<SpecialUse, number>>> = { '\\Trash': 30, '\\Junk': 30 };

/** How long messages stay in each mailbox. */
export async function readRetention(context: StoreContext, account: AccountId): Promise<MailboxRetention[]> {
  const chosen = await readChosen(context, account);
  const mailboxes = await context.engine.read(account, visibleMailboxes);
  return mailboxes.map(({ id, path, specialUse }) => {
    const days = chosen.get(id);
    const usual = (specialUse && DEFAULT_DAYS[specialUse]) ?? null;
    return { mailboxId: id, path, days: days === undefined ? usual : days, isDefault: days === undefined };
  });
}

/** Chooses it, or leaves it to the store. */
export async function writeRetention(
  { engine }: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  days: number | null | undefined,
): Promise<void> {
  if (days !== null && days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= MAX_DAYS)) {
    throw new EiderError('INVALID_ARGUMENT', `messages stay for 1 to ${MAX_DAYS} days, or for ever`);
  }
  const { id } = await engine.read(account, (tx) => resolveMailbox(tx, ref));
  const place = { owner: account, kind: KIND, key: String(id) };
  if (days === undefined) await engine.vault.take(place);
  else await engine.vault.put(place, { value: JSON.stringify({ days }) });
}

/** Expunges what has been in its mailbox for too long, and removes for good what was expunged long ago. */
export async function applyRetention(context: StoreContext, account: AccountId, now: number): Promise<void> {
  for (const { mailboxId, days } of await readRetention(context, account)) {
    if (days !== null) await expungeOld(context, account, mailboxId, Math.floor(now / DAY_MS) - days);
  }
  await purgeKept(context, account, { before: now - context.restorableMs });
  await unmarkWithoutHold(context, account);
  await purgeExcess(context, account);
  await dropStale(context, account);
}

async function expungeOld(
  context: StoreContext,
  account: AccountId,
  mailboxId: MailboxId,
  before: number,
): Promise<void> {
  for (let removed = BATCH; removed === BATCH; ) {
    const old = await context.engine.read(account, (tx) => tx.search(mailboxId, { key: 'saveDay', before }));
    if (old.length === 0) return;
    removed = await context.engine.write(account, async (tx) => {
      // The mailbox may be gone, or the messages of the list.
      if (!(await tx.mailbox(mailboxId))) return 0;
      const again = await tx.search(mailboxId, { key: 'saveDay', before });
      return (await removeMessages(context, tx, mailboxId, UidSet.fromSorted(again.subarray(0, BATCH)))).size;
    });
  }
}

async function readChosen({ engine }: StoreContext, account: AccountId): Promise<Map<MailboxId, number | null>> {
  const entries = await engine.vault.list({ owner: account, kind: KIND }, { limit: 10_000 });
  return new Map(entries.map(({ key, value }) => [Number(key), (JSON.parse(value) as { days: number | null }).days]));
}

/** Of mailboxes that are gone. */
async function dropStale(context: StoreContext, account: AccountId): Promise<void> {
  const chosen = await readChosen(context, account);
  if (chosen.size === 0) return;
  const there = new Set((await context.engine.read(account, visibleMailboxes)).map(({ id }: Mailbox) => id));
  for (const id of chosen.keys()) {
    if (!there.has(id)) await context.engine.vault.take({ owner: account, kind: KIND, key: String(id) });
  }
}
