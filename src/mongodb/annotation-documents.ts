/** Annotations as documents. */

import type { AnnotationFilter } from '../engine/engine.ts';
import type { AnnotationRecord } from '../engine/records.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import type { AnnotationDocument } from './documents.ts';
import { annotationKey, annotationsOf, below, stateKey } from './keys.ts';
import type { MailReader } from './mail-reader.ts';

/** The document of an annotation. */
export function annotationDocument(
  account: AccountId,
  { mailboxId, name, value }: AnnotationRecord,
): AnnotationDocument {
  const _id = annotationKey(account, mailboxId, name);
  return { _id, account, mailbox: mailboxId ?? 0, name, value, octets: name.length + value.length };
}

/** Annotations in the order of the contract, which is that of the keys. @throws StaleState. */
export async function readAnnotations(
  reader: MailReader,
  { mailboxId, names }: AnnotationFilter,
): Promise<AnnotationRecord[]> {
  const { account } = reader;
  const found =
    mailboxId !== undefined && names
      ? await reader.find<AnnotationDocument>([{ $in: names.map((name) => annotationKey(account, mailboxId, name)) }])
      : await reader.find<AnnotationDocument>(
          [below(mailboxId === undefined ? `${account}.a` : annotationsOf(account, mailboxId))],
          names ? { where: { name: { $in: [...names] } } } : {},
        );
  return found.map(({ mailbox, name, value }) => ({ mailboxId: mailboxOf(mailbox), name, value }));
}

/** Octets of names and values. @throws StaleState. */
export async function annotationOctets(reader: MailReader): Promise<number> {
  const { account, pinned } = reader;
  const rows = await reader.aggregate<{ octets: number }>(
    [below(`${account}.a`)],
    [
      {
        // The state, which comes along outside a transaction, is a group of its own, and the first.
        $group: {
          _id: { $cond: [{ $eq: ['$_id', stateKey(account)] }, '$_id', `${account}.a`] },
          octets: { $sum: '$octets' },
          modSeq: { $max: '$modSeq' },
        },
      },
      ...(pinned ? [] : [{ $sort: { _id: 1 } }]),
    ],
  );
  return rows[0]?.octets ?? 0;
}

/** The mailbox of a document. */
export const mailboxOf = (mailbox: MailboxId): MailboxId | null => (mailbox === 0 ? null : mailbox);
