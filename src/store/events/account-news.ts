/** What the change records of an account say, as events. */

import type { ReadTransaction } from '../../engine/engine.ts';
import type { Change, ChangeItem } from '../../model/change.ts';
import { listFlags } from '../../model/flags.ts';
import type { AccountId, MailboxId, Uid } from '../../model/ids.ts';
import type { Mailbox } from '../../model/mailbox.ts';
import type { MailboxEvent, MessageEvent, MovedEvent } from '../../model/store-event.ts';
import { UidSet } from '../../model/uid-set.ts';
import { visibleChanges } from '../hidden-mailboxes.ts';
import type { LoggedEvent, ToldUpTo } from './event-log.ts';

/** Events of an account, and how far they go. */
export interface AccountNews {
  readonly events: readonly LoggedEvent[];
  readonly told: ToldUpTo;
  /** Whether there is more. */
  readonly more: boolean;
}

/** From when on changes are told; what is older is passed over. */
export interface NewsBounds {
  /** Nobody follows what was before: milliseconds since 1970. */
  readonly begun: number;
  /** What was before is no longer told, so that somebody may miss it: milliseconds since 1970. */
  readonly oldest: number;
  /** Most events. */
  readonly limit: number;
}

/** Transactions read at once. */
const PAGE = 200;

/** One thing that a transaction did, of which one or more events tell. */
type Step =
  | { readonly item: Exclude<ChangeItem, { readonly uids: UidSet }> }
  | { readonly type: 'added' | 'flags' | 'expunged'; readonly mailboxId: MailboxId; readonly uid: Uid }
  | { readonly type: 'moved'; readonly from: Place; readonly to: Place };

interface Place {
  readonly mailboxId: MailboxId;
  readonly uid: Uid;
}

/**
 * What happened after `from`. A transaction may be cut anywhere: the number of its steps depends on nothing but itself.
 */
export async function readAccountNews(
  tx: ReadTransaction,
  account: AccountId,
  from: ToldUpTo,
  bounds: NewsBounds,
): Promise<AccountNews> {
  const { modSeq, changesExpired } = await tx.state();
  // Of an account that was put back to an earlier state, or whose records are gone, nobody knows what happened.
  if (modSeq < from.modSeq || from.modSeq < changesExpired) {
    return { events: [reset(account)], told: { modSeq, steps: 0 }, more: false };
  }
  const page = await tx.changes(from.modSeq, PAGE);
  const last = page.at(-1);
  if (!last) return { events: [], told: from, more: false };
  const mailboxes = new Map((await tx.mailboxes()).map((mailbox) => [mailbox.id, mailbox]));
  const events: LoggedEvent[] = [];
  const recent = page.filter(({ time }) => time >= Math.max(bounds.begun, bounds.oldest));
  if (page.some(({ time }) => time >= bounds.begun && time < bounds.oldest)) events.push(reset(account));
  let told: ToldUpTo = from;
  for (const change of await visibleChanges(tx, recent)) {
    const isFirst = change.modSeq === page[0]?.modSeq;
    const done = isFirst ? from.steps : 0;
    const steps = stepsOf(change).slice(done);
    const room = steps.slice(0, Math.max(0, bounds.limit - events.length));
    events.push(...(await eventsOf(tx, account, change.time, room, mailboxes)));
    if (room.length < steps.length) {
      const before = page[page.findIndex(({ modSeq }) => modSeq === change.modSeq) - 1];
      told = { modSeq: before?.modSeq ?? from.modSeq, steps: done + room.length };
      return { events, told, more: true };
    }
  }
  told = { modSeq: last.modSeq, steps: 0 };
  return { events, told, more: page.length === PAGE };
}

function stepsOf({ items }: Change): Step[] {
  const moves = movesOf(items);
  if (moves) {
    const others = items.filter((item) => item.type !== 'added' && item.type !== 'expunged');
    return [...others.flatMap(stepsOfItem), ...moves];
  }
  return items.flatMap(stepsOfItem);
}

function stepsOfItem(item: ChangeItem): Step[] {
  if ('uids' in item) return [...item.uids].map((uid) => ({ type: item.type, mailboxId: item.mailboxId, uid }));
  return 'path' in item ? [{ item }] : [];
}

/** As many messages are new in one mailbox as are gone from another: they were moved, in order. */
function movesOf(items: readonly ChangeItem[]): Step[] | null {
  const added = items.filter((item) => item.type === 'added');
  const expunged = items.filter((item) => item.type === 'expunged');
  const [to, from] = [added[0], expunged[0]];
  if (!to || !from || added.length > 1 || expunged.length > 1 || to.mailboxId === from.mailboxId) return null;
  const [toUids, fromUids] = [[...to.uids], [...from.uids]];
  if (toUids.length !== fromUids.length) return null;
  return toUids.map((uid, index) => ({
    type: 'moved',
    from: { mailboxId: from.mailboxId, uid: fromUids[index] as Uid },
    to: { mailboxId: to.mailboxId, uid },
  }));
}

async function eventsOf(
  tx: ReadTransaction,
  account: AccountId,
  time: number,
  steps: readonly Step[],
  mailboxes: ReadonlyMap<MailboxId, Mailbox>,
): Promise<LoggedEvent[]> {
  const flags = await flagsOf(tx, steps, mailboxes);
  return steps.flatMap((step): LoggedEvent[] => {
    if ('item' in step) return [mailboxEvent(account, time, step.item)].filter((event) => event !== null);
    if (step.type === 'moved') return movedEvents(account, time, step, mailboxes, flags);
    const now = step.type === 'expunged' ? undefined : flags.get(`${step.mailboxId}/${step.uid}`);
    const ev = { added: 'message.received', flags: 'message.flags', expunged: 'message.deleted' } as const;
    const event: Omit<MessageEvent, 'id'> = {
      ...{ ev: ev[step.type], time, user: account, mailbox: step.mailboxId, message: step.uid },
      ...(now && { flags: now }),
    };
    return [event];
  });
}

function movedEvents(
  account: AccountId,
  time: number,
  { from, to }: Extract<Step, { type: 'moved' }>,
  mailboxes: ReadonlyMap<MailboxId, Mailbox>,
  flags: ReadonlyMap<string, readonly string[]>,
): LoggedEvent[] {
  const now = flags.get(`${to.mailboxId}/${to.uid}`);
  const event: Omit<MovedEvent, 'id'> = {
    ...{ ev: 'message.moved', time, user: account, mailbox: to.mailboxId, message: to.uid },
    ...{ previousMailbox: from.mailboxId, previousMessage: from.uid },
    ...(now && { flags: now }),
  };
  const use = (id: MailboxId): string | null => mailboxes.get(id)?.specialUse ?? null;
  if (use(to.mailboxId) === '\\Junk') return [event, { ...event, ev: 'marked.spam' }];
  // Junk that is thrown away is junk still.
  if (use(from.mailboxId) === '\\Junk' && use(to.mailboxId) !== '\\Trash')
    return [event, { ...event, ev: 'marked.ham' }];
  return [event];
}

const MAILBOX_EVENTS = {
  mailboxCreated: 'mailbox.created',
  mailboxRenamed: 'mailbox.renamed',
  mailboxDeleted: 'mailbox.deleted',
} as const;

function mailboxEvent(
  account: AccountId,
  time: number,
  item: Exclude<ChangeItem, { readonly uids: UidSet }>,
): Omit<MailboxEvent, 'id'> | null {
  if (!('path' in item)) return null;
  return { ev: MAILBOX_EVENTS[item.type], time, user: account, mailbox: item.mailboxId, path: item.path };
}

/** Flags as they are now, by mailbox and UID. */
async function flagsOf(
  tx: ReadTransaction,
  steps: readonly Step[],
  mailboxes: ReadonlyMap<MailboxId, Mailbox>,
): Promise<Map<string, readonly string[]>> {
  const wanted = new Map<MailboxId, Uid[]>();
  for (const step of steps) {
    if ('item' in step || step.type === 'expunged') continue;
    const { mailboxId, uid } = step.type === 'moved' ? step.to : step;
    if (!mailboxes.has(mailboxId)) continue;
    const known = wanted.get(mailboxId);
    if (known) known.push(uid);
    else wanted.set(mailboxId, [uid]);
  }
  const found = new Map<string, readonly string[]>();
  for (const [mailboxId, uids] of wanted) {
    const columns = await tx.flags(mailboxId, UidSet.from(uids));
    columns.uids.forEach((uid, index) => {
      const mask = columns.masks[index] as number;
      found.set(`${mailboxId}/${uid}`, listFlags({ mask, keywords: columns.keywords.get(uid) ?? '' }));
    });
  }
  return found;
}

function reset(account: AccountId): LoggedEvent {
  return { ev: 'reset', time: Date.now(), user: account };
}
