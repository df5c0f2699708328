/** Patterns of addresses: `*@example.com`, `head*@example.com`, `*tail@example.com`, `user@*`. */

import { EiderError } from '../errors.ts';
import { normalizeDomain, normalizeLocalpart, splitAddress } from './address.ts';

/** Most characters of a pattern's fixed text, the domain aside. */
export const MAX_PATTERN_CHARACTERS = 32;

const FIXED = /^[^\s()<>[\]:;@\\,"*\x00-\x1f\x7f]*$/;

/** A pattern. */
export interface AddressPattern {
  /** In normal form, as it is written. */
  readonly address: string;
  /** What it matches; `null` for `user@*`. */
  readonly domain: string | null;
  /** The localpart with its star; for `user@*` without one. */
  readonly localpart: string;
}

/** Whether an address is written as a pattern, be it a good one. */
export function isPattern(address: string): boolean {
  const parts = splitAddress(address.trim());
  return parts !== null && (parts.domain === '*' || parts.localpart.includes('*'));
}

/** @throws `ADDRESS_INVALID`. */
export function parsePattern(address: string): AddressPattern {
  const parts = splitAddress(address.trim());
  if (!parts) throw invalid('a pattern has a localpart, @ and a domain');
  const { localpart: text, domain } = parts;
  if (domain === '*') {
    // The detail is dropped before these are looked up.
    if (text.includes('*') || text.includes('+'))
      throw invalid('a pattern for any domain has a localpart without * and +');
    const localpart = normalizeLocalpart(text);
    requireShort(localpart);
    if (localpart.startsWith('"')) throw invalid('the fixed text of a pattern goes without quotes');
    return { address: `${localpart}@*`, domain: null, localpart };
  }
  const isHead = text.endsWith('*');
  const localpart = isHead ? `${fixedText(text.slice(0, -1))}*` : `*${fixedText(text.slice(1))}`;
  if (!isHead && !text.startsWith('*')) throw invalid('the star of a pattern is its first character or its last');
  const normal = normalizeDomain(domain);
  return { address: `${localpart}@${normal}`, domain: normal, localpart };
}

/** Whether a pattern's localpart matches a localpart in normal form; `ignoreDots` compares both without their dots. */
export function matchesLocalpart(pattern: string, localpart: string, ignoreDots: boolean): boolean {
  const text = plainText(localpart);
  const [wanted, found] = ignoreDots ? [withoutDots(pattern), withoutDots(text)] : [pattern, text];
  return wanted.endsWith('*') ? found.startsWith(wanted.slice(0, -1)) : found.endsWith(wanted.slice(1));
}

/** Orders localparts of patterns: most fixed text first, `head*` before `*tail`. */
export function comparePatterns(a: string, b: string): number {
  return Array.from(b).length - Array.from(a).length || Number(b.endsWith('*')) - Number(a.endsWith('*'));
}

/** A localpart in normal form where dots do not count: those before the `+detail` are dropped, but for quoted ones. */
export function withoutDots(localpart: string): string {
  if (localpart.startsWith('"')) return localpart;
  const at = localpart.indexOf('+', 1);
  return at < 0 ? localpart.replaceAll('.', '') : localpart.slice(0, at).replaceAll('.', '') + localpart.slice(at);
}

/** What a localpart in normal form says, without its quotes. */
function plainText(localpart: string): string {
  return localpart.startsWith('"') ? localpart.slice(1, -1).replace(/\\(.)/g, '$1') : localpart;
}

function fixedText(text: string): string {
  if (!FIXED.test(text)) throw invalid('the fixed text of a pattern has a character that is not allowed');
  // In quotes a dot may come first and last.
  const normal = normalizeLocalpart(`"${text}"`);
  const fixed = normal.startsWith('"') ? normal.slice(1, -1) : normal;
  requireShort(fixed);
  return fixed;
}

function requireShort(text: string): void {
  if (Array.from(text).length <= MAX_PATTERN_CHARACTERS) return;
  throw invalid(`a pattern has at most ${MAX_PATTERN_CHARACTERS} characters of fixed text`);
}

function invalid(message: string): EiderError {
  return new EiderError('ADDRESS_INVALID', message);
}
