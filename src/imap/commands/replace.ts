/** REPLACE and UID REPLACE. RFC 8508. */

import { UidSet } from '../../model/uid-set.ts';
import { AppendReader } from '../append-reader.ts';
import type { CommandHandler, Completion } from '../command.ts';
import { Refusal, tryCreate } from '../refusal.ts';
import { highestModSeqCode } from '../resync.ts';
import type { Session } from '../session.ts';
import { parseAppendItem } from '../wire/append-args.ts';
import type { Command } from '../wire/command-reader.ts';
import { appendCode } from './append.ts';

/** Appends a message and removes the one that it replaces, both or neither. */
export const replace: CommandHandler = {
  name: 'REPLACE',
  state: 'selected',
  uid: true,
  async run(session, command) {
    session.expectOctets(session.limits.literalTimeoutMs);
    try {
      return await replaceOne(session, command);
    } finally {
      session.expectTraffic(session.limits.idleTimeoutMs);
    }
  },
};

async function replaceOne(session: Session, { scanner, uid }: Command): Promise<Completion> {
  scanner.space();
  const set = scanner.sequenceSet();
  if (!set.isOne) throw new Refusal('BAD', 'One message is replaced at a time');
  scanner.space();
  const path = scanner.mailbox();
  const item = parseAppendItem(scanner);
  const view = session.writable;
  const replaced = view.resolve(set, uid);
  if (view.count(replaced) === 0) throw new Refusal('NO', 'There is no such message to replace');
  const { store, accountId } = session;
  try {
    const target = await store.mailbox(accountId, path);
    // RFC 8508 section 3.4: what the replaced message sets free counts too; the store sees to that.
    const reader = new AppendReader(session, scanner, Number.POSITIVE_INFINITY);
    const message = await reader.read(item, target.id);
    reader.scanner.end();
    const place = { mailbox: view.shared.id, uid: replaced.first as number };
    const result = await store.replace(accountId, place, target.id, message);
    if (!result) throw new Refusal('NO', 'The message to replace is gone', 'EXPUNGEISSUED');
    session.notifier?.brought(target.id, [result.uid]);
    // RFC 8508 section 4.3: before the EXPUNGE.
    session.out.write(`* OK [${appendCode([result])}] Replaced by this\r\n`);
    // Into the same mailbox, a message was added too: that is for a refresh to find out.
    if (result.mailboxId !== view.shared.id) view.shared.applyExpunged(UidSet.of(place.uid), result.modSeq);
    view.own(result.modSeq);
    return { text: 'Replaced', code: await highestModSeqCode(session, view) };
  } catch (error) {
    throw tryCreate(error, path);
  }
}
