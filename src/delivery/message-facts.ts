/** What filters look at in a message: read when it is first asked for, and once for all recipients. */

import { setImmediate as turn } from 'node:timers/promises';
import { parseAddresses } from '../mime/addresses.ts';
import { searchedField } from '../mime/header-contains.ts';
import { asBuffer, type HeaderField, parseHeaderFields, unfold } from '../mime/header-fields.ts';
import { MessageBody } from '../mime/message-body.ts';
import { MAX_SEARCHED, partText } from '../mime/search-text.ts';
import { fileName, hasAttachment } from '../mime/summary.ts';
import { decodeOctets } from '../mime/text-decoding.ts';
import { normalizeAddress } from '../model/address.ts';
import type { BlobSource } from '../model/blob.ts';
import type { Content } from '../model/content.ts';
import type { MimePart } from '../model/mime-part.ts';
import type { SpamVerdict } from '../model/spam.ts';
import { foldText, oneSpaced } from '../model/tokens.ts';

/** A message and what is known of how it came. */
export interface FactSource extends Pick<Content, 'header' | 'tree' | 'size'> {
  /** `null` where nobody asks for text. */
  readonly body: MessageBody | null;
  /** Reverse path in normal form; `''` for none, `null` when nobody knows. */
  readonly mailFrom: string | null;
  /** When it came, milliseconds since 1970. */
  readonly time: number;
  readonly spam: SpamVerdict;
}

/** What is true of one recipient only. */
export interface RecipientFacts {
  /** The address that the message came for, in normal form; `null` when nobody knows. */
  readonly address: string | null;
  /** What follows `+` in its localpart; `null` for nothing. */
  readonly detail: string | null;
}

/** The facts of a message that was just read. */
export function factsOfContent(
  content: Content,
  blobs: BlobSource,
  known: Pick<FactSource, 'mailFrom' | 'time' | 'spam'>,
): MessageFacts {
  const { header, tree, size } = content;
  return new MessageFacts({ header, tree, size, body: new MessageBody(content, tree, blobs), ...known });
}

/** The text of a filter or a message as both are compared: decoded, folded, any white space as one space. */
export function comparedText(text: string): string {
  return oneSpaced(foldText(text)).trim();
}

/** Facts of one message. */
export class MessageFacts {
  readonly size: number;
  readonly mailFrom: string | null;
  readonly time: number;
  readonly spam: SpamVerdict;
  readonly #source: FactSource;
  #fields: ReadonlyMap<string, readonly string[]> | null = null;
  readonly #texts = new Map<string, readonly string[]>();
  readonly #addresses = new Map<string, readonly string[]>();
  #attachments: readonly string[] | null = null;
  #text: string | null = null;

  constructor(source: FactSource) {
    this.#source = source;
    this.size = source.size;
    this.mailFrom = source.mailFrom;
    this.time = source.time;
    this.spam = source.spam;
  }

  /** The fields of a name (lower case), decoded and folded, in their order. */
  field(name: string): readonly string[] {
    return remembered(this.#texts, name, () => this.#raw(name).map((value) => searchedField(value).trim()));
  }

  /**
   * The addresses of the fields of a name (lower case), in normal form. Not folded: an address with a mark is another's
   * than the one without.
   */
  addresses(name: string): readonly string[] {
    return remembered(this.#addresses, name, () =>
      this.#raw(name).flatMap((value) =>
        parseAddresses(unfold(value)).flatMap(({ mailbox, host }) =>
          mailbox === null || host === null ? [] : [addressText(mailbox, host)],
        ),
      ),
    );
  }

  get hasAttachment(): boolean {
    return hasAttachment(this.#source.tree);
  }

  /** The file names of all parts, folded. */
  get attachmentNames(): readonly string[] {
    this.#attachments ??= [...leaves(this.#source.tree)].map((part) => comparedText(fileName(part))).filter(Boolean);
    return this.#attachments;
  }

  /**
   * The text that people see, folded: of text parts that are no attachments, at most 1 MB of octets. Without
   * {@link MessageFacts.loadText} that of parts in blobs is missing.
   */
  get text(): string {
    this.#text ??= this.#shownTexts()
      .map(([part, room]) => this.#partText(part, room, null))
      .join('\n');
    return this.#text;
  }

  /** Reads the text, that of parts in blobs too, giving others their turn. @throws `BLOB_MISSING`, `BLOB_CORRUPT`. */
  async loadText(): Promise<void> {
    const { body } = this.#source;
    if (this.#text !== null || body === null) return;
    const texts: string[] = [];
    for (const [part, room] of this.#shownTexts()) {
      const end = Math.min(part.bodyEnd, part.bodyStart + room);
      const octets = body.inline(part.bodyStart, end) ?? (await collect(body.read(part.bodyStart, end)));
      texts.push(this.#partText(part, room, octets));
      await turn();
    }
    this.#text = texts.join('\n');
  }

  #raw(name: string): readonly string[] {
    this.#fields ??= grouped(parseHeaderFields(asBuffer(this.#source.header).toString('latin1')));
    return this.#fields.get(name) ?? [];
  }

  /** Text parts, each with how many of its octets are read. */
  #shownTexts(): [MimePart, number][] {
    const parts: [MimePart, number][] = [];
    let room = MAX_SEARCHED;
    for (const part of leaves(this.#source.tree)) {
      if (part.type !== 'text' || part.disposition?.type === 'attachment' || room <= 0) continue;
      parts.push([part, room]);
      room -= part.bodyEnd - part.bodyStart;
    }
    return parts;
  }

  #partText(part: MimePart, room: number, read: Buffer | null): string {
    const end = Math.min(part.bodyEnd, part.bodyStart + room);
    const octets = read ?? this.#source.body?.inline(part.bodyStart, end) ?? null;
    return octets === null ? '' : comparedText(partText(part, octets));
  }
}

function grouped(fields: readonly HeaderField[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, value } of fields) {
    const group = groups.get(name);
    if (group) group.push(value);
    else groups.set(name, [value]);
  }
  return groups;
}

function* leaves(part: MimePart): Generator<MimePart> {
  if (part.children.length === 0) yield part;
  for (const child of part.children) yield* leaves(child);
}

/** The normal form of an address, quick for the usual one: a header may have tens of thousands. */
function addressText(mailbox: string, host: string): string {
  const localpart = decodeOctets(mailbox).toLowerCase();
  const domain = decodeOctets(host).toLowerCase();
  const isPlain = /^[\x21-\x7e]*$/.test(localpart) && /^[a-z0-9.-]*$/.test(domain) && !/xn--|\.$/.test(domain);
  if (isPlain && !/["\\]/.test(localpart)) return `${localpart}@${domain}`;
  return normalAddress(`"${localpart.replace(/["\\]/g, '\\$&')}"@${domain}`);
}

/** The normal form of what may be no address; then lower case is all. */
export function normalAddress(text: string): string {
  try {
    return normalizeAddress(text);
  } catch {
    return text.normalize('NFC').toLowerCase();
  }
}

function remembered<T>(values: Map<string, T>, name: string, read: () => T): T {
  let value = values.get(name);
  if (value === undefined) {
    value = read();
    values.set(name, value);
  }
  return value;
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const octets: Uint8Array[] = [];
  for await (const chunk of chunks) octets.push(chunk);
  return Buffer.concat(octets);
}
