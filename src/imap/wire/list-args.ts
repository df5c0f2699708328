/** The arguments of LIST and LSUB. RFC 9051 section 6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 9590. */

import { ImapSyntaxError, overLimit } from './imap-syntax-error.ts';
import { MailboxPattern } from './mailbox-pattern.ts';
import { type MetadataRequest, parseMetadataReturn } from './metadata-args.ts';
import type { Scanner } from './scanner.ts';
import { parseStatusItems, type StatusItem } from './status-items.ts';

/** Selection options: which mailboxes. */
export interface ListSelection {
  readonly subscribed: boolean;
  readonly remote: boolean;
  readonly recursiveMatch: boolean;
  readonly specialUse: boolean;
}

/** Return options: what to tell of them. */
export interface ListReturn {
  readonly subscribed: boolean;
  readonly children: boolean;
  readonly specialUse: boolean;
  /** `null` when STATUS was not asked for. */
  readonly status: readonly StatusItem[] | null;
  /** `null` when METADATA was not asked for. */
  readonly metadata: MetadataRequest | null;
}

/** Arguments of LIST. */
export interface ListArguments {
  /** Syntax of RFC 5258 was used: selection or return options, or patterns in parentheses. */
  readonly extended: boolean;
  readonly selection: ListSelection;
  /** Unicode. */
  readonly reference: string;
  /** Unicode; at least one; `''` asks for the hierarchy delimiter. */
  readonly patterns: readonly string[];
  readonly returns: ListReturn;
}

const MAX_PATTERNS = 100;
const NO_SELECTION: ListSelection = { subscribed: false, remote: false, recursiveMatch: false, specialUse: false };
const NO_RETURN: ListReturn = { subscribed: false, children: false, specialUse: false, status: null, metadata: null };

/** Reads from the space before the first argument to the end. @throws ImapSyntaxError */
export function parseList(scanner: Scanner): ListArguments {
  scanner.space();
  const withSelection = scanner.peek() === '(';
  const selection = withSelection ? parseSelection(scanner) : NO_SELECTION;
  if (withSelection) scanner.space();
  const reference = scanner.mailbox();
  scanner.space();
  const withPatterns = scanner.peek() === '(';
  const patterns = withPatterns ? scanner.list(() => scanner.listMailbox()) : [scanner.listMailbox()];
  if (patterns.length > MAX_PATTERNS) throw overLimit(`more than ${MAX_PATTERNS} patterns`);
  const withReturn = scanner.trySpace();
  const returns = withReturn ? parseReturn(scanner) : NO_RETURN;
  scanner.end();
  return { extended: withSelection || withPatterns || withReturn, selection, reference, patterns, returns };
}

/** Reference and pattern of LSUB, as a LIST of subscriptions. @throws ImapSyntaxError */
export function parseLsub(scanner: Scanner): ListArguments {
  scanner.space();
  const reference = scanner.mailbox();
  scanner.space();
  const patterns = [scanner.listMailbox()];
  scanner.end();
  const selection = { ...NO_SELECTION, subscribed: true };
  return { extended: false, selection, reference, patterns, returns: NO_RETURN };
}

/** The patterns of a LIST with the reference before each. */
export function listPatterns(args: Pick<ListArguments, 'reference' | 'patterns'>): MailboxPattern[] {
  return args.patterns.map((pattern) => new MailboxPattern(args.reference + pattern));
}

function parseSelection(scanner: Scanner): ListSelection {
  const words = scanner.list(() => scanner.word(), { empty: true });
  refuseUnknown(words, ['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE']);
  const subscribed = words.includes('SUBSCRIBED');
  const recursiveMatch = words.includes('RECURSIVEMATCH');
  const specialUse = words.includes('SPECIAL-USE');
  // RFC 5258 section 3.1: RECURSIVEMATCH modifies another option.
  if (recursiveMatch && !subscribed && !specialUse) throw new ImapSyntaxError('RECURSIVEMATCH needs another option');
  return { subscribed, remote: words.includes('REMOTE'), recursiveMatch, specialUse };
}

function parseReturn(scanner: Scanner): ListReturn {
  if (scanner.word() !== 'RETURN') throw new ImapSyntaxError('expected RETURN');
  scanner.space();
  let status: readonly StatusItem[] | null = null;
  let metadata: MetadataRequest | null = null;
  const words = scanner.list(
    () => {
      const word = scanner.word();
      if (word === 'METADATA') metadata = parseMetadataReturn(scanner);
      if (word !== 'STATUS') return word;
      scanner.space();
      status = parseStatusItems(scanner);
      return word;
    },
    { empty: true },
  );
  refuseUnknown(words, ['SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE', 'STATUS', 'METADATA']);
  return {
    subscribed: words.includes('SUBSCRIBED'),
    children: words.includes('CHILDREN'),
    specialUse: words.includes('SPECIAL-USE'),
    status,
    metadata,
  };
}

/** RFC 5258 section 3: an option that is not known is answered by BAD. */
function refuseUnknown(words: readonly string[], known: readonly string[]): void {
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) throw new ImapSyntaxError(`unknown LIST option ${unknown.slice(0, 32)}`);
}
