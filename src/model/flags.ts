/** Flags and keywords of a message. RFC 9051 section 2.3.2. */

import { EiderError } from '../errors.ts';

/** The system flags that can be set, in the order in which they are listed. `\Recent` is not kept (RFC 9051 drops it). */
export const SYSTEM_FLAGS = ['\\Seen', '\\Answered', '\\Flagged', '\\Draft', '\\Deleted'] as const;

/** A system flag. */
export type SystemFlag = (typeof SYSTEM_FLAGS)[number];

/** `\Seen` in a flag mask. The bits follow the order of {@link SYSTEM_FLAGS}. */
export const SEEN = 1;
/** `\Answered` in a flag mask. */
export const ANSWERED = 2;
/** `\Flagged` in a flag mask. */
export const FLAGGED = 4;
/** `\Draft` in a flag mask. */
export const DRAFT = 8;
/** `\Deleted` in a flag mask. It belongs to the message's place in a mailbox, all other flags to the message. */
export const DELETED = 16;

/** Longest keyword, in octets. */
export const MAX_KEYWORD_LENGTH = 255;
/** Most keywords on one message. */
export const MAX_KEYWORDS = 200;

/**
 * Flags of a message: system flags as a mask, keywords in the spelling of their first use.
 * Keywords are compared without regard to ASCII case, hold no space, and are sorted.
 */
export interface Flags {
  /** Sum of {@link SEEN}, {@link ANSWERED}, {@link FLAGGED}, {@link DRAFT}, {@link DELETED}. */
  readonly mask: number;
  /** `''` for none, otherwise keywords with one space between, sorted by lower case, no repetition. */
  readonly keywords: string;
}

/** No flag and no keyword. */
export const NO_FLAGS: Flags = { mask: 0, keywords: '' };

const BIT_OF = new Map<string, number>(SYSTEM_FLAGS.map((flag, index) => [flag.toLowerCase(), 1 << index]));

// RFC 9051 section 9: flag-keyword is an atom; we also refuse `]` beside atom-specials, as resp-specials.
const KEYWORD = /^[^\s\x00-\x1f\x7f-\uffff(){%*"\\\]]+$/;

/**
 * Reads a list such as `['\\Seen', '$Forwarded']`. `\Recent` is ignored, as clients send it back.
 *
 * @throws {@link EiderError} `FLAG_INVALID` for an unknown system flag or a keyword that is not an atom;
 *   `FLAG_LIMIT` for a keyword over 255 octets or more than 200 keywords.
 */
export function parseFlags(list: Iterable<string>): Flags {
  let mask = 0;
  const keywords = new Map<string, string>();
  for (const flag of list) {
    if (flag.startsWith('\\')) {
      const bit = BIT_OF.get(flag.toLowerCase());
      if (bit === undefined && flag.toLowerCase() !== '\\recent') {
        throw new EiderError('FLAG_INVALID', `unknown system flag: ${flag.slice(0, 64)}`);
      }
      mask |= bit ?? 0;
      continue;
    }
    if (flag.length > MAX_KEYWORD_LENGTH) throw new EiderError('FLAG_LIMIT', 'keyword is too long');
    if (!KEYWORD.test(flag)) throw new EiderError('FLAG_INVALID', 'keyword is not an atom');
    const key = flag.toLowerCase();
    if (!keywords.has(key)) keywords.set(key, flag);
  }
  if (keywords.size > MAX_KEYWORDS) throw new EiderError('FLAG_LIMIT', 'too many keywords');
  return { mask, keywords: joinKeywords(keywords) };
}

/** The flags as a list: system flags first, then keywords. */
export function listFlags(flags: Flags): string[] {
  const list: string[] = SYSTEM_FLAGS.filter((_, index) => flags.mask & (1 << index));
  return flags.keywords === '' ? list : list.concat(flags.keywords.split(' '));
}

const MASK_TEXT: readonly string[] = Array.from({ length: 32 }, (_, mask) =>
  listFlags({ mask, keywords: '' }).join(' '),
);

/** The flags as IMAP writes them between parentheses: `\Seen $Forwarded`. Cheap: one table look-up. */
export function formatFlags(mask: number, keywords: string): string {
  const text = MASK_TEXT[mask & 31] as string;
  if (keywords === '') return text;
  return text === '' ? keywords : `${text} ${keywords}`;
}

/** How a change of flags combines with what a message has. */
export type FlagMode = 'add' | 'remove' | 'replace';

/** The keywords of a message after a change; the spelling that a message has already is kept. */
export function changeKeywords(current: string, mode: FlagMode, change: string): string {
  if (mode === 'replace' && current === '') return change;
  if (change === '' && mode !== 'replace') return current;
  const had = keywordMap(current);
  const given = keywordMap(change);
  if (mode === 'remove') for (const key of given.keys()) had.delete(key);
  if (mode === 'replace') for (const key of had.keys()) if (!given.has(key)) had.delete(key);
  if (mode !== 'remove') for (const [key, name] of given) if (!had.has(key)) had.set(key, name);
  if (had.size > MAX_KEYWORDS) throw new EiderError('FLAG_LIMIT', 'too many keywords');
  return joinKeywords(had);
}

/** The mask of a message after a change. */
export function changeMask(current: number, mode: FlagMode, change: number): number {
  return mode === 'add' ? current | change : mode === 'remove' ? current & ~change : change;
}

function keywordMap(keywords: string): Map<string, string> {
  return new Map(keywords === '' ? [] : keywords.split(' ').map((name) => [name.toLowerCase(), name]));
}

function joinKeywords(keywords: Map<string, string>): string {
  return [...keywords]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, name]) => name)
    .join(' ');
}
