/** The arguments of SEARCH: return options, charset, and the keys. RFC 9051 section 6.4.4, RFC 6203. */

import { TextDecoder } from 'node:util';
import type { SearchQuery } from '../../model/search-query.ts';
import type { UidSet } from '../../model/uid-set.ts';
import { fuzzyQuery } from './fuzzy-query.ts';
import { ImapSyntaxError } from './imap-syntax-error.ts';
import { decodeUtf8 } from './mailbox-name.ts';
import type { Scanner } from './scanner.ts';
import { type ParsedKeys, parseSearchKeys, type SearchKey, type TextDecode } from './search-key.ts';
import { parseReturn, type SearchReturn } from './search-return.ts';
import type { SequenceSet } from './sequence-set.ts';

/** Arguments of SEARCH and UID SEARCH. */
export interface SearchArguments {
  /** `null`: the old form, answered by `* SEARCH`. */
  readonly returns: SearchReturn | null;
  readonly key: SearchKey;
  /** A MODSEQ key was used, so that the answer carries one. RFC 7162 section 3.1.5. */
  readonly modSeq: boolean;
  /** A FUZZY key was used, so that messages have a score. RFC 6203. */
  readonly fuzzy: boolean;
}

/** How {@link resolveSearchKey} learns the numbers. */
export interface SearchSets {
  /** UIDs of message sequence numbers. */
  seq(set: SequenceSet): UidSet;
  uid(set: SequenceSet): UidSet;
  saved(): UidSet;
  /** A label as typed. */
  label(label: string): SearchQuery;
  /** What was typed into a search box. */
  queryText(text: string): SearchQuery;
}

/**
 * Reads from the space before the first argument to the end. Strings without a charset are UTF-8.
 *
 * @throws ImapSyntaxError with status `NO` and code `BADCHARSET` for an unknown charset.
 */
export function parseSearch(scanner: Scanner): SearchArguments {
  scanner.space();
  return parseProgram(scanner, parseReturn(scanner));
}

/** Charset and keys. @throws ImapSyntaxError as {@link parseSearch} */
export function parseProgram(scanner: Scanner, returns: SearchReturn | null): SearchArguments {
  let decode: TextDecode = decodeUtf8;
  if (scanner.tryWord('CHARSET')) {
    scanner.space();
    decode = decoderOf(scanner.astring());
    scanner.space();
  }
  return withReturn(returns, parseSearchKeys(scanner, decode));
}

/** @throws ImapSyntaxError when a score is asked for of a search that has none. RFC 6203 section 4. */
export function withReturn(returns: SearchReturn | null, keys: ParsedKeys): SearchArguments {
  if (returns?.relevancy && !keys.fuzzy) throw new ImapSyntaxError('RELEVANCY goes with FUZZY only');
  return { returns, ...keys };
}

/** Replaces sets by UIDs, and in texts any white space by one space. */
export function resolveSearchKey(key: SearchKey, sets: SearchSets): SearchQuery {
  switch (key.key) {
    case 'and':
    case 'or':
      return { key: key.key, of: key.of.map((of) => resolveSearchKey(of, sets)) };
    case 'not':
      return { key: 'not', of: resolveSearchKey(key.of, sets) };
    case 'seq':
      return { key: 'uid', set: sets.seq(key.set) };
    case 'uid':
      return { key: 'uid', set: key.set.saved ? sets.saved() : sets.uid(key.set) };
    case 'savedResult':
      return { key: 'uid', set: sets.saved() };
    case 'fuzzy':
      return fuzzyQuery(resolveSearchKey(key.of, sets));
    case 'label':
      return sets.label(key.label);
    case 'queryText':
      return sets.queryText(key.text);
    default:
      return key;
  }
}

/** Whether a key names messages by their numbers. */
export function usesNumbers(key: SearchKey): boolean {
  if (key.key === 'and' || key.key === 'or') return key.of.some(usesNumbers);
  return key.key === 'not' || key.key === 'fuzzy' ? usesNumbers(key.of) : key.key === 'seq';
}

/** Whether a key names mailboxes, so that they must be known to resolve it. */
export function namesMailboxes(key: SearchKey): boolean {
  if (key.key === 'and' || key.key === 'or') return key.of.some(namesMailboxes);
  return key.key === 'not' || key.key === 'fuzzy'
    ? namesMailboxes(key.of)
    : key.key === 'label' || key.key === 'queryText';
}

/** For what Node.js decodes: all of the WHATWG Encoding Standard. @throws ImapSyntaxError with code `BADCHARSET` */
export function decoderOf(charset: string): TextDecode {
  // US-ASCII is a part of UTF-8; for octets above it the label would mean windows-1252.
  if (/^(us-ascii|utf-8)$/i.test(charset)) return decodeUtf8;
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(charset, { fatal: true });
  } catch {
    throw new ImapSyntaxError('the charset is not known', { status: 'NO', code: 'BADCHARSET (US-ASCII UTF-8)' });
  }
  return (octets) => {
    try {
      return decoder.decode(Buffer.from(octets, 'latin1'));
    } catch {
      return null;
    }
  };
}
