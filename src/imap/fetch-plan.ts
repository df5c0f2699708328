/** What a FETCH needs of the store, and how its simple items are written. RFC 9051 section 7.5.2. */

import { formatBody } from '../mime/body-structure.ts';
import { formatFlags } from '../model/flags.ts';
import { formatEmailId, formatThreadId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import type { Section } from '../model/section.ts';
import type { FetchedMessage, FetchFields } from '../store/message-store.ts';
import { formatLabels } from './gmail-labels.ts';
import type { BinaryItem, BinarySizeItem, FetchItem } from './wire/fetch-items.ts';
import type { OctetRange } from './wire/fetch-section.ts';
import { encodeUtf8 } from './wire/mailbox-name.ts';
import { formatInternalDate } from './wire/write-date.ts';
import { imapString } from './wire/write-string.ts';

/** Writes one item of a message: `UID 7`. */
export type TextItem = (message: PlannedMessage) => string;

/** A message with what the plan asks for. */
export interface PlannedMessage extends FetchedMessage {
  /** When {@link FetchPlan.labels}. */
  readonly labels?: readonly Mailbox[];
}

/** An item whose octets may be many. */
export interface SectionItem {
  readonly kind: 'section';
  /** As the response calls it. */
  readonly name: string;
  readonly section: Section;
  readonly partial: OctetRange | null;
  /** Lies in the message's header, which is at hand without the body. */
  readonly inHeader: boolean;
}

/** An item that is read of the message's octets. */
export type OctetItem = SectionItem | BinaryItem | BinarySizeItem;

/** A FETCH, ready to be run on message after message. */
export interface FetchPlan {
  /** In the order asked for, after what is Gmail's. */
  readonly items: readonly (TextItem | OctetItem)[];
  readonly fields: FetchFields;
  /** Needs the labels of the messages. */
  readonly labels: boolean;
  /** Needs nothing but UID, flags and modification sequence. */
  readonly fromMemory: boolean;
  /** Reading sets `\Seen`. */
  readonly setsSeen: boolean;
  /** Which kinds of items are told. */
  readonly kinds: ReadonlySet<FetchItem['kind']>;
}

/** Items that are added to what was asked for. */
export interface PlanOptions {
  /** UID FETCH. */
  readonly uid: boolean;
  /** MODSEQ is told whatever was asked for. */
  readonly modSeq: boolean;
  readonly utf8: boolean;
}

const TEXT_ITEMS: Readonly<
  Record<Exclude<FetchItem['kind'], 'section' | 'binary' | 'binarySize' | 'preview' | 'gmailLabels'>, TextItem>
> = {
  flags: (message) => `FLAGS (${formatFlags(message.mask, message.keywords)})`,
  uid: (message) => `UID ${message.uid}`,
  internalDate: (message) => `INTERNALDATE ${formatInternalDate(message.internalDate)}`,
  size: (message) => `RFC822.SIZE ${message.size}`,
  envelope: (message) => `ENVELOPE ${message.envelope}`,
  bodyStructure: (message) => `BODYSTRUCTURE ${message.bodyStructure}`,
  body: (message) => `BODY ${message.tree ? formatBody(message.tree) : message.bodyStructure}`,
  modSeq: (message) => `MODSEQ (${message.modSeq})`,
  emailId: (message) => `EMAILID (${formatEmailId(message.contentId)})`,
  threadId: (message) => `THREADID (${formatThreadId(message.threadId)})`,
  saveDate: (message) => `SAVEDATE ${formatInternalDate(message.saveDate)}`,
  gmailMessageId: (message) => `X-GM-MSGID ${message.emailId}`,
  gmailThreadId: (message) => `X-GM-THRID ${message.threadId}`,
};

/** Gmail writes these first and in this order, and getmail reads them in no other. */
const GMAIL_ORDER: readonly FetchItem['kind'][] = ['gmailThreadId', 'gmailMessageId', 'gmailLabels'];

/** Reads the items of a FETCH. */
export function planFetch(asked: readonly FetchItem[], options: PlanOptions): FetchPlan {
  const kinds = new Set(asked.map((item) => item.kind));
  const gmail = GMAIL_ORDER.flatMap((kind) => asked.filter((item) => item.kind === kind));
  const items = gmail.map((item) => planItem(item, options));
  if (options.uid && !kinds.has('uid')) items.push(TEXT_ITEMS.uid);
  for (const item of asked) if (!GMAIL_ORDER.includes(item.kind)) items.push(planItem(item, options));
  if (options.modSeq && !kinds.has('modSeq')) items.push(TEXT_ITEMS.modSeq);
  if (options.uid) kinds.add('uid');
  if (options.modSeq) kinds.add('modSeq');
  const sections = items.filter((item) => typeof item !== 'function');
  return {
    items,
    fields: {
      ...(kinds.has('envelope') && { envelope: true }),
      ...(kinds.has('bodyStructure') && { bodyStructure: true }),
      ...(kinds.has('body') && { tree: true }),
      ...(kinds.has('preview') && { preview: true }),
      ...(sections.some(isInHeader) && { header: true }),
      ...(!sections.every(isInHeader) && { body: true }),
    },
    labels: kinds.has('gmailLabels'),
    fromMemory: asked.every(({ kind }) => kind === 'flags' || kind === 'uid' || kind === 'modSeq'),
    setsSeen: asked.some((item) => 'peek' in item && !item.peek),
    kinds,
  };
}

function planItem(item: FetchItem, { utf8 }: PlanOptions): TextItem | OctetItem {
  switch (item.kind) {
    case 'section': {
      const { name, section, partial } = item;
      const inHeader = section.path.length === 0 && section.kind !== 'all' && section.kind !== 'text';
      return { kind: 'section', name, section, partial, inHeader };
    }
    case 'preview':
      // RFC 8970 section 3.2: previews are made when a message arrives, so LAZY makes no difference.
      return ({ preview }) => `PREVIEW ${preview === undefined ? 'NIL' : imapString(encodeUtf8(preview), utf8)}`;
    case 'gmailLabels':
      return (message) => formatLabels(message, utf8);
    case 'binary':
    case 'binarySize':
      return item;
    default:
      return TEXT_ITEMS[item.kind];
  }
}

function isInHeader(item: OctetItem): boolean {
  return item.kind === 'section' && item.inHeader;
}
