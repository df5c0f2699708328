/** Recounts an account and follows its references, both ways. */

import type { Document } from 'mongodb';
import type { CheckFinding } from '../engine/records.ts';
import { DELETED, SEEN } from '../model/flags.ts';
import type { MailboxId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import { checkIndex, type IndexCheck, type Tell } from './check-index.ts';
import type { AnnotationDocument, PlacementDocument } from './documents.ts';
import { below, mailboxOf, numberOf, ofAccount } from './keys.ts';
import type { MailReader } from './mail-reader.ts';

/** Details told of one kind of finding. */
const MAX_TOLD = 100;

/** What a count gives of a mailbox. */
export interface MailboxCount {
  messages: number;
  unseen: number;
  deleted: number;
  octets: number;
  lastUid: number;
  highestModSeq: number;
}

/** What a count gives of an account. */
export interface AccountCount {
  readonly mailboxes: Map<MailboxId, MailboxCount>;
  /** Messages and octets of all placements, also of those in no mailbox. */
  messages: number;
  octets: number;
  /** The greatest number that names anything. */
  lastId: number;
  /** Contents that no message has, with whether they have pieces. */
  readonly orphans: Map<string, boolean>;
  /** Contents of several messages, some of which do not say so. */
  readonly unmarked: Set<string>;
  /** Keys of annotations of mailboxes that are not there. */
  readonly strayAnnotations: string[];
  readonly index: IndexCheck;
  readonly findings: CheckFinding[];
}

const newCount = (): MailboxCount => ({
  messages: 0,
  unseen: 0,
  deleted: 0,
  octets: 0,
  lastUid: 0,
  highestModSeq: 0,
});

/** Every difference between what is kept and what is there. */
export async function checkAccount(reader: MailReader): Promise<CheckFinding[]> {
  return (await countAccount(reader)).findings;
}

/** Goes through all placements and contents of an account. Memory grows with their number. */
export async function countAccount(reader: MailReader): Promise<AccountCount> {
  const { account, base, collections } = reader;
  const told = new Map<string, number>();
  const findings: CheckFinding[] = [];
  const tell: Tell = (kind, what, detail) => {
    const count = (told.get(what) ?? 0) + 1;
    told.set(what, count);
    if (count <= MAX_TOLD) findings.push({ kind, detail: `${what}: ${detail}` });
  };
  const sizes = new Map<string, { size: number; large: boolean; used: number }>();
  const contents = collections.contents.find(
    { account, _id: ofAccount(account) as Document },
    { ...reader.options, projection: { size: 1, pieces: 1 }, batchSize: 5000 },
  );
  for await (const { _id, size, pieces } of contents) sizes.set(_id, { size, large: pieces !== undefined, used: 0 });

  const count: AccountCount = {
    mailboxes: new Map(base.mailboxes.map((mailbox) => [mailbox.id, newCount()])),
    messages: 0,
    octets: 0,
    lastId: 0,
    orphans: new Map(),
    unmarked: new Set(),
    strayAnnotations: [],
    index: await checkIndex(reader, tell),
    findings,
  };
  const mailboxes = new Map<MailboxId, Mailbox>(base.mailboxes.map((mailbox) => [mailbox.id, mailbox]));
  const seen = new Set<string>();
  const unshared = new Map<string, number>();
  const placements = collections.mail.find(
    { account, _id: below(`${account}.p`) as Document },
    { ...reader.options, sort: { _id: 1 }, batchSize: 5000 },
  );
  for await (const document of placements) {
    const row = document as unknown as PlacementDocument;
    const mailboxId = mailboxOf(row._id);
    const where = `${mailboxId}:${row.uid}`;
    const mailbox = mailboxes.get(mailboxId);
    if (!mailbox) tell('reference', 'message in no mailbox that exists', where);
    addRow(count, mailboxId, row);
    if (mailbox && row.uid >= mailbox.uidNext) tell('reference', 'UID not below the next', where);
    if (row.modSeq > base.modSeq) tell('reference', "modification sequence above the account's", where);
    if (mailbox && row.modSeq > mailbox.highestModSeq)
      tell('reference', "modification sequence above the mailbox's", where);
    if (Math.max(row.emailId, row.threadId, numberOf(row.content)) >= base.nextId)
      tell('reference', 'number above the next', row.emailId);
    if (numberOf(row._id) !== row.uid) tell('reference', 'message whose key is another', where);
    const message = `${mailboxId}:${row.emailId}`;
    if (seen.has(message)) tell('reference', 'message twice in a mailbox', where);
    seen.add(message);
    const content = sizes.get(row.content);
    if (!content) tell('content', 'message without content', where);
    else if (content.size !== row.size) tell('content', 'size of a message and of its content differ', where);
    if (content) content.used++;
    if (row.shared !== row.content) unshared.set(row.content, (unshared.get(row.content) ?? 0) + 1);
  }
  for (const [content, { large, used }] of sizes) {
    if (used === 0) {
      count.orphans.set(content, large);
      tell('content', 'content that no message has', numberOf(content));
    }
    if (used > 1 && unshared.has(content)) {
      count.unmarked.add(content);
      tell('reference', 'content of several messages that does not say so', numberOf(content));
    }
  }
  const annotations = await reader.find<AnnotationDocument>([below(`${account}.a`)], { fields: ['mailbox'] });
  for (const { _id, mailbox } of annotations) {
    if (mailbox === 0 || mailboxes.has(mailbox)) continue;
    count.strayAnnotations.push(_id);
    tell('reference', 'annotation of no mailbox that exists', _id.slice(account.length + 3));
  }
  compareCounters(count, base, findings);
  return count;
}

function addRow(count: AccountCount, mailboxId: MailboxId, row: PlacementDocument): void {
  const mailbox = count.mailboxes.get(mailboxId) ?? newCount();
  count.mailboxes.set(mailboxId, mailbox);
  mailbox.messages++;
  mailbox.unseen += row.mask & SEEN ? 0 : 1;
  mailbox.deleted += row.mask & DELETED ? 1 : 0;
  mailbox.octets += row.size;
  mailbox.lastUid = Math.max(mailbox.lastUid, row.uid);
  mailbox.highestModSeq = Math.max(mailbox.highestModSeq, row.modSeq);
  count.messages++;
  count.octets += row.size;
  count.lastId = Math.max(count.lastId, row.emailId, row.threadId, numberOf(row.content));
}

function compareCounters(
  count: AccountCount,
  base: { readonly mailboxes: readonly Mailbox[]; readonly messages: number; readonly octets: number },
  findings: CheckFinding[],
): void {
  const text = (of: Pick<Mailbox, 'messages' | 'unseen' | 'deleted' | 'octets'>): string =>
    `${of.messages} ${of.unseen} ${of.deleted} ${of.octets}`;
  for (const mailbox of base.mailboxes) {
    const kept = text(mailbox);
    const counted = text(count.mailboxes.get(mailbox.id) ?? newCount());
    if (kept !== counted)
      findings.push({ kind: 'counter', detail: `mailbox ${mailbox.path}: kept ${kept}, counted ${counted}` });
  }
  const kept = `${base.messages} ${base.octets}`;
  const counted = `${count.messages} ${count.octets}`;
  if (kept !== counted) findings.push({ kind: 'counter', detail: `account: kept ${kept}, counted ${counted}` });
}
