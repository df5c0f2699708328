/** Made-up messages, as the MIME splitter would hand them to an engine. */

import { createHash } from 'node:crypto';
import type { BlobSegment, Content, SearchText, Segment, StoredBody } from '../model/content.ts';
import type { MimePart } from '../model/mime-part.ts';
import { foldText, wordText } from '../model/tokens.ts';

/** What to say in a made-up message; the seed decides the rest. */
export interface MadeContentOptions {
  readonly from?: string;
  readonly to?: string;
  /** Absent: the message has no such field. */
  readonly cc?: string;
  /** Absent: the message has no such field. */
  readonly bcc?: string;
  readonly subject?: string;
  /** More header fields; names as they are to be written. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Text of the body. */
  readonly body?: string;
  /** Milliseconds since 1970; `null` for a message without a Date. */
  readonly sentDate?: number | null;
  /** The message is one attachment of this name. */
  readonly fileName?: string;
  /** Attachments that the message mentions; nothing is written to a blob store. */
  readonly blobs?: readonly MadeBlob[];
}

/** A mention of a blob. */
export interface MadeBlob {
  /** Anything; the blob's id is its SHA-256. */
  readonly name: string;
  /** Octets of the blob. */
  readonly size: number;
  /** Octets in the message. @defaultValue `size` */
  readonly length?: number;
}

const DAY = 86_400_000;
/** Where made-up dates begin: 2024-01-01. */
const FIRST_DATE = 1_704_067_200_000;

/** The id of a made-up blob. */
export function madeBlobId(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

/** A message that is the same for the same seed and options. Its parts agree with each other; blobs excepted. */
export function makeContent(seed: number, options: MadeContentOptions = {}): Content {
  const fields = fieldsOf(seed, options);
  const body = options.body ?? `Body of message ${seed}, word${seed % 7} and more.`;
  const header = Buffer.from(`${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  const text = Buffer.from(`${body}\r\n`);
  const segments: Segment[] = [{ kind: 'text', length: text.length }, ...(options.blobs ?? []).map(blobSegment)];
  const size = header.length + segments.reduce((sum, segment) => sum + segment.length, 0);
  const value = (name: string): string => fields.find(([key]) => key === name)?.[1] ?? '';
  const sentDate = sentDateOf(seed, options);
  return {
    header,
    text,
    segments,
    size,
    digest: createHash('sha256').update(header).update(text).update(String(size)).digest('hex'),
    tree: leaf(header.length, size, body.split('\n').length, options.fileName),
    envelope: `("${seed}" "${value('Subject').replace(/["\\]/g, '')}" NIL NIL NIL NIL NIL NIL NIL "<${seed}@made.example>")`,
    bodyStructure: `("TEXT" "PLAIN" NIL NIL NIL "7BIT" ${size - header.length} 1 NIL ${quotedDisposition(options.fileName)} NIL NIL)`,
    summary: {
      subject: value('Subject'),
      baseSubject: foldText(value('Subject')),
      messageId: `<${seed}@made.example>`,
      references: [],
      sentDate,
      sentDay: sentDate === null ? null : Math.floor(sentDate / DAY),
      preview: body.slice(0, 200).replaceAll('\0', ' '),
      hasAttachment: segments.length > 1 || options.fileName !== undefined,
    },
    searchText: madeSearchText({ header, text }),
    // Both ways to the index must come to the same.
    hasAllText: seed % 2 === 1 && segments.length === 1,
  };
}

/** What search looks into, taken from the octets of a made-up message. */
export function madeSearchText({ header, text }: Pick<StoredBody, 'header' | 'text'>): SearchText {
  const fields = Buffer.from(header)
    .toString()
    .split('\r\n')
    .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const);
  const field = (name: string): string => foldText(fields.find(([key]) => key === name)?.[1] ?? '');
  return {
    from: field('from'),
    to: field('to'),
    cc: field('cc'),
    bcc: field('bcc'),
    subject: field('subject'),
    header: wordText(fields.map(([, value]) => value).join(' ')),
    body: wordText(Buffer.from(text).toString()),
  };
}

function fieldsOf(seed: number, options: MadeContentOptions): (readonly [name: string, value: string])[] {
  const fields: (readonly [string, string])[] = [
    ['From', options.from ?? `Sender ${seed % 5} <sender${seed % 5}@made.example>`],
    ['To', options.to ?? `rcpt${seed % 3}@made.example`],
    ['Subject', options.subject ?? `Subject number ${seed}`],
    ['Message-ID', `<${seed}@made.example>`],
  ];
  if (options.cc !== undefined) fields.push(['Cc', options.cc]);
  if (options.bcc !== undefined) fields.push(['Bcc', options.bcc]);
  return fields.concat(Object.entries(options.fields ?? {}));
}

function sentDateOf(seed: number, { sentDate }: MadeContentOptions): number | null {
  return sentDate === undefined ? FIRST_DATE + (seed % 1000) * DAY + 3_600_000 : sentDate;
}

function blobSegment({ name, size, length }: MadeBlob): BlobSegment {
  return { kind: 'blob', length: length ?? size, blobId: madeBlobId(name), blobSize: size, encoding: { type: 'raw' } };
}

function leaf(bodyStart: number, bodyEnd: number, lines: number, fileName?: string): MimePart {
  return {
    headerStart: 0,
    bodyStart,
    bodyEnd,
    lines,
    type: 'text',
    subtype: 'plain',
    parameters: [['charset', 'utf-8']],
    id: null,
    description: null,
    encoding: '8bit',
    md5: null,
    disposition: fileName === undefined ? null : { type: 'attachment', parameters: [['filename', octetsOf(fileName)]] },
    language: [],
    location: null,
    children: [],
  };
}

function quotedDisposition(fileName: string | undefined): string {
  return fileName === undefined ? 'NIL' : `("ATTACHMENT" ("FILENAME" "${octetsOf(fileName)}"))`;
}

/** UTF-8, a character for each octet. */
function octetsOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}
