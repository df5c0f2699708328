/** Mends what can be mended without losing mail. */

import type { Document } from 'mongodb';
import type { CheckFinding } from '../engine/records.ts';
import { countAccount } from './check.ts';
import type { IndexCheck } from './check-index.ts';
import { newManifest } from './index-manifest.ts';
import { below, manifestKey, ofAccount } from './keys.ts';
import type { MailWriter } from './mail-writer.ts';
import { removeContents } from './remove-placements.ts';
import { keyLists } from './uid-filter.ts';

/** Sets every counter to what a count gives and drops what cannot be reached; what is left, the next check tells. */
export async function repairAccount(writer: MailWriter): Promise<CheckFinding[]> {
  const { reader, draft } = writer;
  const count = await countAccount(reader);
  if (count.findings.length === 0) return [];
  draft.touch();
  await removeContents(writer, [...count.orphans.keys()], (content) => count.orphans.get(content) ?? false);
  for (const list of keyLists(count.strayAnnotations)) writer.batch.delete([{ $in: list }]);
  const { account, collections } = reader;
  if (count.unmarked.size > 0) {
    const session = await writer.flush();
    await collections.mail.updateMany(
      { account, _id: below(`${account}.p`) as Document, content: { $in: [...count.unmarked] } },
      [{ $set: { shared: '$content' } }],
      { session },
    );
  }
  for (const mailbox of draft.now.mailboxes) {
    const counted = count.mailboxes.get(mailbox.id);
    if (!counted) continue;
    const { lastUid, highestModSeq, ...counters } = counted;
    draft.patchMailbox(mailbox.id, {
      ...counters,
      uidNext: Math.max(mailbox.uidNext, lastUid + 1),
      highestModSeq: Math.max(mailbox.highestModSeq, highestModSeq),
    });
  }
  draft.setUsage({ messages: count.messages, octets: count.octets });
  draft.skipIds(Math.max(count.lastId, count.index.indexed, ...draft.now.mailboxes.map(({ id }) => id)) + 1);
  await repairIndex(writer, count.index);
  return count.findings;
}

/** An index that is not whole is forgotten: it is made anew from the contents. */
async function repairIndex(writer: MailWriter, { manifest, damaged, orphans }: IndexCheck): Promise<void> {
  const { account, collections } = writer.reader;
  if (!manifest) writer.batch.insert({ ...newManifest(account) });
  if (manifest && damaged) {
    const empty = { $set: { indexed: 0, segments: [], revision: manifest.revision + 1 } };
    writer.batch.update([manifestKey(account)], empty, 1);
  }
  if (!damaged && orphans.length === 0) return;
  const session = await writer.flush();
  const gone = damaged ? (ofAccount(account) as Document) : { $in: [...orphans] };
  await collections.terms.deleteMany({ account, _id: gone }, { session });
}
