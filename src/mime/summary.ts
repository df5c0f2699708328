/** What the store itself works with of a message's header. */

import type { MessageSummary } from '../model/content.ts';
import type { MimePart } from '../model/mime-part.ts';
import { baseSubject } from './base-subject.ts';
import { parameter } from './content-fields.ts';
import { parseDate } from './date-field.ts';
import { type HeaderField, unfold } from './header-fields.ts';
import { parseMessageId, parseMessageIds } from './message-ids.ts';
import { decodeExtended, decodeField } from './text-decoding.ts';

/** Most references; the middle ones are left out. */
const MAX_REFERENCES = 100;
const PREVIEW_LENGTH = 200;

/**
 * @param fields of the message's header
 * @param text the beginning of its text, decoded
 */
export function summarize(fields: readonly HeaderField[], tree: MimePart, text: string): MessageSummary {
  const field = (name: string): string => unfold(fields.findLast((one) => one.name === name)?.value ?? '');
  const subject = decodeField(field('subject'));
  const date = parseDate(field('date'));
  return {
    subject,
    baseSubject: baseSubject(subject),
    messageId: parseMessageId(field('message-id')),
    references: references(field('in-reply-to'), field('references')),
    sentDate: date?.time ?? null,
    sentDay: date?.day ?? null,
    preview: preview(text),
    hasAttachment: hasAttachment(tree),
  };
}

function references(inReplyTo: string, others: string): string[] {
  const ids = [...new Set([...parseMessageIds(inReplyTo), ...parseMessageIds(others)])];
  if (ids.length <= MAX_REFERENCES) return ids;
  return [...ids.slice(0, MAX_REFERENCES / 2), ...ids.slice(-MAX_REFERENCES / 2)];
}

/** White space, controls, and what senders put in to fill a preview. */
const BLANK = /(?:[\s\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2060\ufeff]|\u034f)+/g;

const LONE_SURROGATE = /\p{Surrogate}/gu;

/** RFC 8970 section 3: up to 200 characters. */
function preview(text: string): string {
  const line = text
    .slice(0, PREVIEW_LENGTH * 4)
    .replace(BLANK, ' ')
    .trim();
  return Array.from(line).slice(0, PREVIEW_LENGTH).join('').replace(LONE_SURROGATE, '').trimEnd();
}

/** Whether a part is one that people would call an attachment. */
export function hasAttachment(part: MimePart): boolean {
  if (part.disposition?.type === 'attachment') return true;
  if (part.children.length > 0) return part.children.some(hasAttachment);
  return part.type !== 'text' && fileName(part) !== '';
}

/** The file name of a part, decoded, or `''`. RFC 2183 section 2.3; the `name` of Content-Type is what came before it. */
export function fileName({ disposition, parameters }: MimePart): string {
  const lists = disposition === null ? [parameters] : [disposition.parameters, parameters];
  for (const list of lists) {
    const name = list === parameters ? 'name' : 'filename';
    const extended = parameter(list, `${name}*`);
    if (extended !== null) return decodeExtended(extended);
    const plain = parameter(list, name);
    if (plain !== null) return decodeField(plain);
  }
  return '';
}
