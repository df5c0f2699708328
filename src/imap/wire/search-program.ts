/** The arguments of SEARCH: return options, charset, and the keys. RFC 9051 section 6.4.4, RFC 4731, RFC 5182, RFC 9394. */

import { TextDecoder } from 'node:util';
import type { SearchQuery } from '../../model/search-query.ts';
import type { UidSet } from '../../model/uid-set.ts';
import { ImapSyntaxError } from './imap-syntax-error.ts';
import { decodeUtf8 } from './mailbox-name.ts';
import { type PartialRange, parsePartialRange } from './partial-range.ts';
import type { Scanner } from './scanner.ts';
import { parseSearchKeys, type SearchKey, type TextDecode } from './search-key.ts';
import type { SequenceSet } from './sequence-set.ts';

/** RETURN options. RFC 4731, RFC 5182, RFC 9394. `RETURN ()` is `all`. */
export interface SearchReturn {
  readonly min: boolean;
  readonly max: boolean;
  readonly all: boolean;
  readonly count: boolean;
  readonly save: boolean;
  /** RFC 9394, or `null`. Not together with `all`. */
  readonly partial: PartialRange | null;
}

/** Arguments of SEARCH and UID SEARCH. */
export interface SearchArguments {
  /** `null`: the old form, answered by `* SEARCH`. */
  readonly returns: SearchReturn | null;
  readonly key: SearchKey;
  /** A MODSEQ key was used, so that the answer carries one. RFC 7162 section 3.1.5. */
  readonly modSeq: boolean;
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

/** `RETURN (ALL)`. */
export const RETURN_ALL: SearchReturn = {
  min: false,
  max: false,
  all: true,
  count: false,
  save: false,
  partial: null,
};

const RETURN_OPTIONS = ['MIN', 'MAX', 'ALL', 'COUNT', 'SAVE', 'PARTIAL'];

/**
 * Reads from the space before the first argument to the end. Strings without a charset are UTF-8.
 *
 * @throws ImapSyntaxError with status `NO` and code `BADCHARSET` for an unknown charset.
 */
export function parseSearch(scanner: Scanner): SearchArguments {
  scanner.space();
  const returns = parseReturn(scanner);
  let decode: TextDecode = decodeUtf8;
  if (scanner.tryWord('CHARSET')) {
    scanner.space();
    decode = decoderOf(scanner.astring());
    scanner.space();
  }
  const { key, modSeq } = parseSearchKeys(scanner, decode);
  return { returns, key, modSeq };
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
    case 'label':
      return sets.label(key.label);
    case 'queryText':
      return sets.queryText(key.text);
    default:
      return key;
  }
}

/** Whether a key names mailboxes, so that they must be known to resolve it. */
export function namesMailboxes(key: SearchKey): boolean {
  if (key.key === 'and' || key.key === 'or') return key.of.some(namesMailboxes);
  return key.key === 'not' ? namesMailboxes(key.of) : key.key === 'label' || key.key === 'queryText';
}

/** `RETURN (...) `, or `null` when there is none. @throws ImapSyntaxError */
export function parseReturn(scanner: Scanner): SearchReturn | null {
  if (!scanner.tryWord('RETURN')) return null;
  scanner.space();
  const partials: PartialRange[] = [];
  const options = scanner.list(
    (list) => {
      const word = list.word();
      if (word === 'PARTIAL') {
        list.space();
        partials.push(parsePartialRange(list));
      }
      return word;
    },
    { empty: true },
  );
  const unknown = options.find((option) => !RETURN_OPTIONS.includes(option));
  if (unknown !== undefined) throw new ImapSyntaxError(`unknown return option ${unknown.slice(0, 32)}`);
  // RFC 9394 section 3.1.
  if (partials.length > 1 || (partials.length > 0 && options.includes('ALL'))) {
    throw new ImapSyntaxError('PARTIAL is there twice, or with ALL');
  }
  scanner.space();
  const has = (option: string): boolean => options.includes(option);
  return {
    min: has('MIN'),
    max: has('MAX'),
    // RFC 4731 section 3.1: an empty list is ALL.
    all: has('ALL') || options.length === 0,
    count: has('COUNT'),
    save: has('SAVE'),
    partial: partials[0] ?? null,
  };
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
