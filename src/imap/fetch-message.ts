/** Writes the FETCH response of one message: items of text, and sections as literals that are streamed. */

import { selectHeaderFields } from '../mime/header-fields.ts';
import type { MessageBody } from '../mime/message-body.ts';
import type { FetchedMessage } from '../store/message-store.ts';
import { binarySize, writeBinary } from './fetch-binary.ts';
import type { FetchPlan, PlannedMessage, SectionItem } from './fetch-plan.ts';
import type { Session } from './session.ts';
import { fetchHead } from './wire/write-response.ts';
import { BrokenLiteral, streamOctets, writeOctets } from './write-octets.ts';

/** A raw header of so many octets may be cut off: what lies behind is in the body. */
const HEADER_LIMIT = 262_144;

/** Octets of a section: at hand, or to be read. */
type Octets =
  | { readonly data: Uint8Array }
  | { readonly body: MessageBody; readonly start: number; readonly end: number };

/**
 * Writes `* seq FETCH (...)`.
 *
 * @param extra more items, such as ` FLAGS (\Seen)`
 * @returns `null`, or why sections could not be read: they are NIL, or the message was left out.
 * @throws BrokenLiteral when reading failed after a part of a section was sent
 */
export async function writeMessage(
  session: Session,
  plan: FetchPlan,
  seq: number,
  message: PlannedMessage,
  extra: string,
): Promise<unknown> {
  const { out } = session;
  let head = fetchHead(seq, message.uid, session.uidOnly);
  let begun = false;
  let failure: unknown = null;
  let separator = '';
  for (const item of plan.items) {
    if (typeof item === 'function') {
      head += separator + item(message);
      separator = ' ';
      continue;
    }
    const opening = `${head}${separator}${item.name} `;
    separator = ' ';
    try {
      if (item.kind === 'binarySize') {
        head = `${opening}${await binarySize(item, message)}`;
        continue;
      }
      const written =
        item.kind === 'binary'
          ? await writeBinary(session, opening, item, message)
          : await writeSection(session, opening, item, message);
      head = written ? '' : `${opening}NIL`;
      begun ||= written;
    } catch (error) {
      if (error instanceof BrokenLiteral) throw error;
      failure = error;
      // Nothing was said of this message yet: no answer is better than one a client would take for an empty message.
      if (!begun) return failure;
      if (item.kind !== 'binarySize') head = `${opening}NIL`;
    }
  }
  out.write(`${head}${extra})\r\n`);
  return failure;
}

function isWhole(header: Uint8Array | undefined): header is Uint8Array {
  return header !== undefined && header.length < HEADER_LIMIT;
}

function fromHeader({ section }: SectionItem, header: Uint8Array): Octets {
  if (section.kind === 'header') return { data: header };
  return { data: selectHeaderFields(header, section.fields ?? [], section.kind === 'headerFieldsNot') };
}

async function locate({ section }: SectionItem, { body }: FetchedMessage): Promise<Octets | null> {
  if (!body) return null;
  if (section.kind === 'all' && section.path.length === 0) return { body, start: 0, end: body.size };
  const found = await body.section(section);
  if (found === null) return null;
  return found.kind === 'octets' ? { data: found.octets } : { body, start: found.start, end: found.end };
}

/** RFC 9051 section 6.4.5: a partial fetch beyond the end gives what is there, or no octets. */
function cut(octets: Octets, { partial }: SectionItem): Octets {
  if (!partial) return octets;
  if ('data' in octets) return { data: octets.data.subarray(partial.start, partial.start + partial.count) };
  const start = Math.min(octets.start + partial.start, octets.end);
  return { body: octets.body, start, end: Math.min(start + partial.count, octets.end) };
}

/** Writes `opening` and a section; `false`, with nothing written, when there is none. */
async function writeSection(
  session: Session,
  opening: string,
  item: SectionItem,
  message: FetchedMessage,
): Promise<boolean> {
  const found =
    item.inHeader && isWhole(message.header) ? fromHeader(item, message.header) : await locate(item, message);
  if (!found) return false;
  const octets = cut(found, item);
  const data = 'data' in octets ? octets.data : octets.body.inline(octets.start, octets.end);
  if (data) await writeOctets(session, opening, data);
  else if (!('data' in octets)) {
    const { body, start, end } = octets;
    await streamOctets(session, opening, body.read(start, end), end - start);
  }
  return true;
}
