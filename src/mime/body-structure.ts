/** IMAP BODY and BODYSTRUCTURE of a MIME tree, ready to send. RFC 9051 section 7.5.2. */

import type { MimePart, Parameters } from '../model/mime-part.ts';
import { parameter } from './content-fields.ts';
import { EMPTY_ENVELOPE } from './envelope.ts';
import { imapNString, imapString } from './imap-string.ts';

// The grammar wants a part in each multipart and a body in each message (RFC 9051 section 9, body-type-mpart,
// body-type-msg); one that has none is described with an empty text.
const EMPTY_BODY = '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)';
const EMPTY_BODY_STRUCTURE = '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)';
const DEFAULT_CHARSET = '"charset" "us-ascii"';

/** BODYSTRUCTURE, with extension data; octets in a string. */
export function formatBodyStructure(tree: MimePart): string {
  return formatPart(tree, true);
}

/** BODY, without extension data; octets in a string. */
export function formatBody(tree: MimePart): string {
  return formatPart(tree, false);
}

/** Whether a part is described as a multipart: one without a boundary has no parts and is a leaf. */
export function isMultipart(part: MimePart): boolean {
  return part.type === 'multipart' && (part.children.length > 0 || parameter(part.parameters, 'boundary') !== null);
}

/** Whether a part is a message by its type. RFC 2046 section 5.2.1, RFC 6532 section 3.7. */
export function isMessage(part: Pick<MimePart, 'type' | 'subtype'>): boolean {
  return part.type === 'message' && (part.subtype === 'rfc822' || part.subtype === 'global');
}

function formatPart(part: MimePart, extended: boolean): string {
  return isMultipart(part) ? formatMultipart(part, extended) : formatSingle(part, extended);
}

function formatMultipart(part: MimePart, extended: boolean): string {
  let text = '(';
  for (const child of part.children) text += formatPart(child, extended);
  if (part.children.length === 0) text += extended ? EMPTY_BODY_STRUCTURE : EMPTY_BODY;
  text += ` ${imapString(part.subtype)}`;
  if (extended) text += ` ${formatParameters(part.parameters)}${formatCommon(part)}`;
  return `${text})`;
}

function formatSingle(part: MimePart, extended: boolean): string {
  const isText = part.type === 'text';
  const parameters = isText ? formatTextParameters(part.parameters) : formatParameters(part.parameters);
  let text =
    `(${imapString(part.type)} ${imapString(part.subtype)} ${parameters} ${imapNString(part.id)} ` +
    `${imapNString(part.description)} ${imapString(part.encoding)} ${part.bodyEnd - part.bodyStart}`;
  if (isText) text += ` ${part.lines}`;
  // RFC 3501 section 9, media-message: message/global has no envelope here; only IMAP4rev2 gives it one.
  else if (isMessage(part) && part.subtype === 'rfc822') text += formatInner(part, extended);
  if (extended) text += ` ${imapNString(part.md5)}${formatCommon(part)}`;
  return `${text})`;
}

/** Envelope, body and lines of the message inside. */
function formatInner(part: MimePart, extended: boolean): string {
  const inner = part.children[0];
  const empty = extended ? EMPTY_BODY_STRUCTURE : EMPTY_BODY;
  return ` ${part.envelope ?? EMPTY_ENVELOPE} ${inner === undefined ? empty : formatPart(inner, extended)} ${part.lines}`;
}

/** What all parts have at the end: disposition, language, location. */
function formatCommon({ disposition, language, location }: MimePart): string {
  const how =
    disposition === null ? 'NIL' : `(${imapString(disposition.type)} ${formatParameters(disposition.parameters)})`;
  const languages = language.length === 0 ? 'NIL' : `(${language.map(imapString).join(' ')})`;
  return ` ${how} ${languages} ${imapNString(location)}`;
}

function formatParameters(parameters: Parameters): string {
  return parameters.length === 0 ? 'NIL' : `(${listParameters(parameters)})`;
}

/** RFC 2045 section 5.2: text without a charset is US-ASCII. */
function formatTextParameters(parameters: Parameters): string {
  if (parameters.some(([name]) => name === 'charset')) return formatParameters(parameters);
  return parameters.length === 0 ? `(${DEFAULT_CHARSET})` : `(${listParameters(parameters)} ${DEFAULT_CHARSET})`;
}

function listParameters(parameters: Parameters): string {
  return parameters.map(([name, value]) => `${imapString(name)} ${imapString(value)}`).join(' ');
}
