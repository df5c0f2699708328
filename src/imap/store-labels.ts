/** STORE of X-GM-LABELS: changes which mailboxes messages are in. X-GM-EXT-1. */

import type { FlagMode } from '../model/flags.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { Completion } from './command.ts';
import { labelsOf } from './fetch-pages.ts';
import { formatLabels, LABEL_FLAGS, readLabels } from './gmail-labels.ts';
import type { MailboxView } from './mailbox-view.ts';
import { Refusal } from './refusal.ts';
import type { Session } from './session.ts';
import type { Command } from './wire/command-reader.ts';
import type { StoreArguments } from './wire/store-args.ts';
import { fetchHead } from './wire/write-response.ts';

/** Arguments with labels. */
export type StoreLabelsArguments = StoreArguments & { readonly labels: readonly string[] };

/** Changes the labels of messages, and tells what they have then. */
export async function storeLabels(
  session: Session,
  args: StoreLabelsArguments,
  { tag, uid }: Pick<Command, 'tag' | 'uid'>,
): Promise<Completion> {
  const view = session.writable;
  if (args.unchangedSince !== null) throw new Refusal('BAD', 'UNCHANGEDSINCE goes with flags only');
  const uids = view.resolve(args.set, uid);
  const account = session.accountId;
  const labels = readLabels(args.labels, await session.store.mailboxes(account));
  if (!labels) throw new Refusal('NO', 'There is no such system label', 'CANNOT');
  if (uids.isEmpty) return { text: 'No message is there to change' };
  const change = session.store.changeLabels(account, view.shared.id, uids, { mode: args.mode, labels: labels.paths });
  const { gone, left, modSeq } = await session.work(tag, change);
  view.shared.applyExpunged(gone, modSeq);
  session.watch?.notice(modSeq);
  await storeFlags(session, view, left, args.mode, labels.flags);
  if (view.stale) await view.shared.refresh();
  if (!args.silent) await writeLabels(session, view, left, uid);
  return { text: 'Stored' };
}

/** Labels that are flags; what came of them is told as of any other change. */
async function storeFlags(
  { accountId, store, watch }: Session,
  { shared }: MailboxView,
  uids: UidSet,
  mode: FlagMode,
  flags: readonly string[],
): Promise<void> {
  const missing = mode === 'replace' ? LABEL_FLAGS.filter((flag) => !flags.includes(flag)) : [];
  for (const change of [
    { mode: mode === 'remove' ? 'remove' : 'add', flags } as const,
    { mode: 'remove', flags: missing } as const,
  ]) {
    if (change.flags.length === 0 || uids.isEmpty) continue;
    watch?.notice((await store.storeFlags(accountId, shared.id, uids, change)).modSeq);
  }
}

async function writeLabels(session: Session, view: MailboxView, uids: UidSet, uid: boolean): Promise<void> {
  const { accountId, out, store, uidOnly } = session;
  let seq = 1;
  view.announceKeywords(out);
  for await (const page of store.fetchPages(accountId, view.shared.id, uids)) {
    const labels = await labelsOf(session, view, page);
    for (const message of page) {
      const found = view.map.seq(message.uid, seq);
      if (found === 0) continue;
      seq = found;
      const text = formatLabels({ ...message, labels: labels.get(message.uid) ?? [] }, session.utf8);
      const head = fetchHead(seq, message.uid, uidOnly);
      out.write(`${head}${uid && !uidOnly ? `UID ${message.uid} ` : ''}${text})\r\n`);
    }
    if (out.full) await out.drain();
  }
}
