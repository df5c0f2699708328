/** The start of a command (tag and name), and the announcement of a literal at the end of a line. */

import { endOfRun, NAME_CHAR, TAG_CHAR } from './char-classes.ts';
import type { MessageLiteral, Scanner } from './scanner.ts';

/** Tag and name of a command. */
export interface CommandHead {
  readonly tag: string;
  /** In capitals; without the `UID`. */
  readonly name: string;
  /** Was `UID name`. */
  readonly uid: boolean;
  /** Where in the text the name ends. */
  readonly end: number;
}

/** A command, or of APPEND what lies before the first message. */
export interface Command extends CommandHead {
  /** Stands behind the name: at the space before the first argument, or at the end. */
  readonly scanner: Scanner;
  /** The message literal at which this part stops, or `null` when it is the whole command. */
  readonly literal: MessageLiteral | null;
}

/** What follows a message literal. */
export interface CommandPart {
  /** Stands directly behind the literal. */
  readonly scanner: Scanner;
  readonly literal: MessageLiteral | null;
}

/** An announced literal. */
export type Announcement = MessageLiteral;

const MAX_TAG = 256;
const MAX_NAME = 64;
const ANNOUNCEMENT = /(~?)\{([0-9]{1,20})(\+?)\}$/;
/** APPEND and REPLACE: what stands behind the name (and the message number). */
const MESSAGE_COMMAND = /^[^ ]+ (?:APPEND|(?:UID )?REPLACE [^ ]+) (.)/i;

const CATENATE = / CATENATE \(/i;
const URL_LITERAL = /[ (]URL \{[0-9]{1,20}\+?\}$/i;

/** What the end of a line announces, or `null`. A size above 2^53-1 is `Infinity`. */
export function parseAnnouncement(line: string): Announcement | null {
  if (line.charCodeAt(line.length - 1) !== 0x7d) return null;
  const match = ANNOUNCEMENT.exec(line.slice(-26));
  if (match === null) return null;
  const size = Number(match[2]);
  return {
    size: size <= Number.MAX_SAFE_INTEGER ? size : Number.POSITIVE_INFINITY,
    binary: match[1] === '~',
    synchronizing: match[3] === '',
  };
}

/**
 * Whether the literal that `text` announces at its end is a message: all of APPEND are, but the mailbox name directly
 * behind it, and the URLs of CATENATE. RFC 9051 section 6.3.12, RFC 4469, RFC 8508.
 *
 * @param inAppend `text` goes on behind a message literal
 */
export function isMessageLiteral(text: string, inAppend: boolean): boolean {
  if (inAppend) return !URL_LITERAL.test(text);
  const match = MESSAGE_COMMAND.exec(text);
  if (match === null) return false;
  if (CATENATE.test(text) && URL_LITERAL.test(text)) return false;
  return match[1] !== '{' || text.includes('\n');
}

/** Reads the head; a text says what is wrong with it. */
export function parseHead(text: string): CommandHead | string {
  const tagEnd = endOfRun(text, 0, TAG_CHAR);
  if (tagEnd === 0 || tagEnd > MAX_TAG) return 'expected a tag';
  if (text[tagEnd] !== ' ') return 'expected a space after the tag';
  let start = tagEnd + 1;
  let end = endOfRun(text, start, NAME_CHAR);
  const uid = end - start === 3 && text.slice(start, end).toUpperCase() === 'UID' && text[end] === ' ';
  if (uid) {
    start = end + 1;
    end = endOfRun(text, start, NAME_CHAR);
  }
  if (end === start || end - start > MAX_NAME) return 'expected a command';
  return { tag: text.slice(0, tagEnd), name: text.slice(start, end).toUpperCase(), uid, end };
}

/** The tag with which to refuse a command, or `*` when it has none that can be read. */
export function readableTag(text: string): string {
  const end = endOfRun(text, 0, TAG_CHAR);
  return end > 0 && end <= MAX_TAG && text[end] === ' ' ? text.slice(0, end) : '*';
}
