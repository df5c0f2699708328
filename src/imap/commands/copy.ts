/** COPY and MOVE. RFC 9051 sections 6.4.7 and 6.4.8, RFC 4315 section 3. */

import { UidSet } from '../../model/uid-set.ts';
import type { CopyResult } from '../../store/message-store.ts';
import type { CommandHandler } from '../command.ts';
import type { MailboxView } from '../mailbox-view.ts';
import { tryCreate } from '../refusal.ts';
import { highestModSeqCode } from '../resync.ts';
import type { Session } from '../session.ts';
import type { Command } from '../wire/command-reader.ts';

/** Copies messages to another mailbox. */
export const copy: CommandHandler = {
  name: 'COPY',
  state: 'selected',
  uid: true,
  async run(session, command) {
    const { set, path } = readArguments(command);
    const view = session.selected;
    const uids = view.resolve(set, command.uid);
    const result = await session.work(command.tag, transfer(session, view, uids, path, 'copy'));
    if (result) view.own(result.modSeq);
    return { text: 'Copied', code: result ? copyCode(result) : issuedCode(view, uids, command.uid) };
  },
};

/** Moves messages to another mailbox. */
export const move: CommandHandler = {
  name: 'MOVE',
  state: 'selected',
  uid: true,
  async run(session, command) {
    const { set, path } = readArguments(command);
    const view = session.writable;
    const uids = view.resolve(set, command.uid);
    const result = await session.work(command.tag, transfer(session, view, uids, path, 'move'));
    if (!result) return { text: 'Moved', code: issuedCode(view, uids, command.uid) };
    // RFC 6851 section 4.3: COPYUID is told before the EXPUNGEs, in an untagged OK.
    session.out.write(`* OK [${copyCode(result)}] Moved\r\n`);
    // Into itself, the same transaction has added messages too: that is for a refresh to find out.
    if (result.mailboxId !== view.shared.id) view.shared.applyExpunged(UidSet.from(result.from), result.modSeq);
    view.own(result.modSeq);
    // RFC 6851 section 4.4.
    return { text: 'Moved', code: await highestModSeqCode(session, view) };
  },
};

function readArguments({ scanner }: Command): {
  readonly set: ReturnType<typeof scanner.sequenceSet>;
  readonly path: string;
} {
  scanner.space();
  const set = scanner.sequenceSet();
  scanner.space();
  const path = scanner.mailbox();
  scanner.end();
  return { set, path };
}

async function transfer(
  session: Session,
  view: MailboxView,
  uids: UidSet,
  path: string,
  how: 'copy' | 'move',
): Promise<CopyResult | null> {
  // Also with nothing to do, a target that is not there must be told.
  const target = await session.store.mailbox(session.accountId, path).catch((error: unknown) => {
    throw tryCreate(error, path);
  });
  if (uids.isEmpty) return null;
  const result = await session.store[how](session.accountId, view.shared.id, uids, target.id);
  session.notifier?.brought(target.id, result.to);
  return result.from.length === 0 ? null : result;
}

/** RFC 4315 section 3: the UIDs of both sides in the same order. */
function copyCode({ uidValidity, from, to }: CopyResult): string {
  return `COPYUID ${uidValidity} ${UidSet.fromSorted(from)} ${UidSet.fromSorted(to)}`;
}

/** RFC 5530 section 3: messages asked for by number are gone, of which the client was not told yet. */
function issuedCode(view: MailboxView, uids: UidSet, uid: boolean): string | null {
  return !uid && !uids.isEmpty && view.count(uids) > 0 ? 'EXPUNGEISSUED' : null;
}
