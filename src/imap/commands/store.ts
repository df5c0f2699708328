/** STORE. RFC 9051 section 6.4.6, RFC 7162 section 3.1.3. */

import type { ChangedFlags } from '../../engine/records.ts';
import { changeKeywords, changeMask, formatFlags, parseFlags } from '../../model/flags.ts';
import type { UidSet } from '../../model/uid-set.ts';
import type { StoreFlagsResult } from '../../store/message-store.ts';
import type { CommandHandler } from '../command.ts';
import { rowsOf } from '../flag-cache.ts';
import type { MailboxView } from '../mailbox-view.ts';
import type { Session } from '../session.ts';
import { storeLabels } from '../store-labels.ts';
import { parseStore, type StoreArguments } from '../wire/store-args.ts';
import { fetchHead } from '../wire/write-response.ts';

/** Changes flags, or labels. */
export const store: CommandHandler = {
  name: 'STORE',
  state: 'selected',
  uid: true,
  keepsNumbers: true,
  async run(session, { scanner, tag, uid }) {
    const args = parseStore(scanner);
    if (args.labels) return storeLabels(session, { ...args, labels: args.labels }, { tag, uid });
    const view = session.writable;
    const { mode, unchangedSince } = args;
    const flags = parseFlags(args.flags);
    const uids = view.resolve(args.set, uid);
    if (unchangedSince !== null) session.enableCondstore();
    if (uids.isEmpty) return { text: 'No message is there to change' };
    const change = { mode, flags, ...(unchangedSince !== null && { unchangedSince }) };
    const stored = session.store.storeFlags(session.accountId, view.shared.id, uids, change);
    const result = await session.work(tag, stored);
    const surprising = args.silent ? surprises(view, result, args) : [];
    if (result.changed.length > 0) {
      view.shared.applyStored(result);
      view.own(result.modSeq);
    }
    // What was not changed may be gone, unheard of.
    const left = result.changed.length + result.modified.size < view.count(uids);
    if (view.stale || left) await view.shared.refresh();
    await answer(session, view, { args, uid, uids, result, surprising });
    return { text: 'Stored', code: completionCode(view, uids, uid, result) };
  },
};

interface Outcome {
  readonly args: StoreArguments;
  readonly uid: boolean;
  readonly uids: UidSet;
  readonly result: StoreFlagsResult;
  readonly surprising: readonly ChangedFlags[];
}

async function answer(session: Session, view: MailboxView, outcome: Outcome): Promise<void> {
  const { args, uid, uids, result, surprising } = outcome;
  view.announceKeywords(session.out);
  if (!args.silent) {
    await write(session, view, result.changed, uid, true);
    await write(session, view, await unchanged(session, view, uids, result), uid, true);
    return;
  }
  await write(session, view, surprising, uid, true);
  // RFC 7162 section 3.1.3: the new modification sequence is told even if the flags are not.
  if (session.condstore) await write(session, view, result.changed, uid, false);
}

async function write(
  session: Session,
  view: MailboxView,
  messages: Iterable<ChangedFlags>,
  uid: boolean,
  withFlags: boolean,
): Promise<void> {
  const { out, condstore, uidOnly } = session;
  let seq = 1;
  for (const message of messages) {
    const found = view.map.seq(message.uid, seq);
    if (found === 0) continue;
    seq = found;
    const flags = withFlags ? ` FLAGS (${formatFlags(message.mask, message.keywords)})` : '';
    const modSeq = condstore ? ` MODSEQ (${message.modSeq})` : '';
    // RFC 7162 section 3.2.4: with MODSEQ there is always the UID.
    const items = `${(uid || condstore) && !uidOnly ? ` UID ${message.uid}` : ''}${flags}${modSeq}`;
    out.write(`${fetchHead(found, message.uid, uidOnly)}${items.slice(1)})\r\n`);
    if (out.full) await out.drain();
  }
}

/** Messages that had the flags already: the client is told of them too. */
async function unchanged(
  session: Session,
  view: MailboxView,
  uids: UidSet,
  { changed, modified }: StoreFlagsResult,
): Promise<Iterable<ChangedFlags>> {
  if (changed.length + modified.size >= view.count(uids)) return [];
  const columns = await session.store.flags(session.accountId, view.shared.id, uids);
  const told = new Set(changed.map((message) => message.uid));
  const rows = [...rowsOf(columns)].filter(({ uid }) => !told.has(uid) && !modified.has(uid));
  view.shared.noteKeywords(rows);
  view.announceKeywords(session.out);
  return rows;
}

/** Messages that have other flags now than a client that only knows its own change would think. */
function surprises(view: MailboxView, { changed, modSeq }: StoreFlagsResult, args: StoreArguments): ChangedFlags[] {
  if (args.mode === 'replace') return [];
  const { map, flags } = view.shared;
  const given = parseFlags(args.flags);
  // Of a message whose flags are not in memory nothing was heard since the mailbox was opened; the store may know more.
  const missed = modSeq !== view.shared.modSeq + 1;
  let index = 0;
  return changed.filter((message) => {
    index = map.indexOf(message.uid, index);
    if (map.uids[index] !== message.uid || index >= map.count) return false;
    const known = flags.at(map, index);
    if (!known) return missed;
    return (
      known.modSeq > view.told ||
      changeMask(known.mask, args.mode, given.mask) !== message.mask ||
      changeKeywords(known.keywords, args.mode, given.keywords) !== message.keywords
    );
  });
}

function completionCode(view: MailboxView, uids: UidSet, uid: boolean, { modified }: StoreFlagsResult): string | null {
  if (!modified.isEmpty) return `MODIFIED ${view.numbers(modified, uid)}`;
  // RFC 5530 section 3: somebody else has removed some of them.
  return !uid && view.someGone(uids) ? 'EXPUNGEISSUED' : null;
}
