/** What messages are sorted and threaded by, read of their envelopes. RFC 5256, RFC 5957. */

import { type SubjectParts, subjectParts } from '../mime/base-subject.ts';
import { parseDate } from '../mime/date-field.ts';
import { decodeField } from '../mime/text-decoding.ts';
import { UidSet } from '../model/uid-set.ts';
import type { FetchedMessage, FetchFields } from '../store/message-store.ts';
import type { MailboxView } from './mailbox-view.ts';
import type { Session } from './session.ts';
import { sortInTurns, type Turns } from './turns.ts';
import { encodeUtf8 } from './wire/mailbox-name.ts';
import { type EnvelopeAddress, type EnvelopeFields, readEnvelope } from './wire/read-envelope.ts';
import type { SortCriterion, SortKey } from './wire/sort-args.ts';

/** Messages read at once; with their headers, which can have 256 KB each, fewer. */
const BATCH = 250;
const HEADER_BATCH = 60;
/** Characters of a text that are compared: what bounds the memory of a sort. */
const MAX_KEY = 256;

/** A value of each message: a column of numbers, or of strings. */
type Column = Float64Array | string[];

/** Calls `visit` with each of the messages that is still there, ascending, a few at once. */
export async function readInTurns(
  session: Session,
  view: MailboxView,
  uids: readonly number[],
  fields: FetchFields,
  turns: Turns,
  visit: (message: FetchedMessage) => void,
): Promise<void> {
  const size = fields.header ? HEADER_BATCH : BATCH;
  for (let at = 0; at < uids.length && !session.connection.closed; at += size) {
    const batch = UidSet.fromSorted(uids.slice(at, at + size));
    for await (const page of session.store.fetchPages(session.accountId, view.shared.id, batch, fields)) {
      for (const message of page) visit(message);
    }
    await turns.next();
  }
}

/**
 * The messages in order; those that are gone are left out.
 *
 * @param uids ascending
 * @param scores of the messages, when RELEVANCY is among the criteria: the highest comes first (RFC 6203 section 6)
 */
export async function sortMessages(
  session: Session,
  view: MailboxView,
  uids: readonly number[],
  criteria: readonly SortCriterion[],
  turns: Turns,
  scores: ReadonlyMap<number, number> | null = null,
): Promise<number[]> {
  const columns = criteria.map(({ key }): Column => (isText(key) ? [] : new Float64Array(uids.length)));
  const needsEnvelope = criteria.some(({ key }) => key === 'DATE' || isText(key));
  const found: number[] = [];
  await readInTurns(session, view, uids, needsEnvelope ? { envelope: true } : {}, turns, (message) => {
    const envelope = needsEnvelope ? readEnvelope(message.envelope ?? '') : null;
    criteria.forEach(({ key }, index) => {
      (columns[index] as unknown[])[found.length] =
        key === 'RELEVANCY' ? -(scores?.get(message.uid) ?? 0) : sortValue(key, message, envelope);
    });
    found.push(message.uid);
  });
  const order = Uint32Array.from(found, (_, index) => index);
  await sortInTurns(order, comparison(columns, criteria), turns);
  return Array.from(order, (index) => found[index] as number);
}

function isText(key: SortKey): boolean {
  return key !== 'ARRIVAL' && key !== 'DATE' && key !== 'SIZE' && key !== 'RELEVANCY';
}

function comparison(columns: readonly Column[], criteria: readonly SortCriterion[]): (a: number, b: number) => number {
  const signs = criteria.map(({ reverse }) => (reverse ? -1 : 1));
  return (a, b) => {
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as Column;
      const left = column[a] as number | string;
      const right = column[b] as number | string;
      if (left !== right) return left < right ? -(signs[i] as number) : (signs[i] as number);
    }
    return 0;
  };
}

function sortValue(
  key: Exclude<SortKey, 'RELEVANCY'>,
  message: FetchedMessage,
  envelope: EnvelopeFields | null,
): number | string {
  switch (key) {
    case 'ARRIVAL':
      return message.internalDate;
    case 'SIZE':
      return message.size;
    case 'DATE':
      return sentDateOf(message, envelope?.date ?? null);
    case 'SUBJECT':
      return subjectOf(envelope?.subject ?? null).key;
    case 'FROM':
      return collationKey(envelope?.from?.mailbox ?? '');
    case 'TO':
      return collationKey(envelope?.to?.mailbox ?? '');
    case 'CC':
      return collationKey(envelope?.cc?.mailbox ?? '');
    case 'DISPLAYFROM':
      return displayKey(envelope?.from ?? null);
    case 'DISPLAYTO':
      return displayKey(envelope?.to ?? null);
  }
}

/** Milliseconds since 1970. RFC 5256 section 2.2. */
export function sentDateOf({ internalDate }: FetchedMessage, date: string | null): number {
  return (date === null ? null : parseDate(date)?.time) ?? internalDate;
}

/** The base subject as it is compared, and whether the subject says that the message is a reply. */
export function subjectOf(subject: string | null): { readonly key: string } & SubjectParts {
  const parts = subjectParts(decodeField(subject ?? ''));
  return { ...parts, key: collationKey(parts.base) };
}

/** RFC 5957 section 3. */
function displayKey(address: EnvelopeAddress | null): string {
  if (address === null) return '';
  const name = address.name === null ? '' : decodeField(address.name);
  if (name !== '') return collationKey(name);
  const { mailbox, host } = address;
  if (mailbox === null) return '';
  return collationKey(host === null ? mailbox : `${mailbox}@${host}`);
}

/** What stands for a text when it is compared octet by octet: i;unicode-casemap, RFC 5256 section 7 and RFC 5051. */
function collationKey(text: string): string {
  return encodeUtf8(text.slice(0, MAX_KEY).toUpperCase().normalize('NFKD'));
}
