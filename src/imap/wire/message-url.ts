/** URLs of messages and their parts, relative to an account. RFC 5092, RFC 4469 section 3. */

import type { Section } from '../../model/section.ts';
import { type OctetRange, parseSection } from './fetch-section.ts';
import { ImapSyntaxError } from './imap-syntax-error.ts';
import { decodeUtf8 } from './mailbox-name.ts';
import { Scanner } from './scanner.ts';

/** What a URL names. */
export interface MessageUrl {
  /** Unicode, as typed; `null` for the selected mailbox. */
  readonly mailbox: string | null;
  /** `mailbox` begins at the top, and not where the selected one is. */
  readonly absolute: boolean;
  readonly uidValidity: number | null;
  readonly uid: number;
  readonly section: Section;
  readonly partial: OctetRange | null;
}

const FORM =
  /^(?:(\/?)([^;]+?)(?:;UIDVALIDITY=([1-9][0-9]{0,9}))?\/)?;UID=([1-9][0-9]{0,9})(?:\/;SECTION=([^;]+?))?(?:\/;PARTIAL=([0-9]{1,15})(?:\.([1-9][0-9]{0,14}))?)?\/?$/i;

/** Reads a URL; `null` when it names no message of this account. A host, a query or a fragment do not. */
export function parseMessageUrl(url: string): MessageUrl | null {
  const match = FORM.exec(url);
  if (match === null || /^\/\/|^[a-z][a-z0-9+.-]*:/i.test(url)) return null;
  const mailbox = match[2] === undefined ? null : decodePercent(match[2]);
  const section = parseUrlSection(match[5]);
  if (mailbox === undefined || section === null) return null;
  const partial = match[6] === undefined ? null : { start: Number(match[6]), count: Number(match[7] ?? Infinity) };
  return {
    mailbox,
    absolute: match[1] === '/',
    uidValidity: match[3] === undefined ? null : Number(match[3]),
    uid: Number(match[4]),
    section,
    partial,
  };
}

function parseUrlSection(encoded: string | undefined): Section | null {
  if (encoded === undefined) return { path: [], kind: 'all' };
  const text = decodePercent(encoded);
  if (text === undefined) return null;
  try {
    const scanner = new Scanner(`[${text}]`);
    const section = parseSection(scanner);
    scanner.end();
    return section;
  } catch (error) {
    if (error instanceof ImapSyntaxError) return null;
    throw error;
  }
}

/** `undefined` when it is no percent-encoded UTF-8. */
function decodePercent(octets: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(octets)) return undefined;
  const raw = octets.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decodeUtf8(raw) ?? undefined;
}
