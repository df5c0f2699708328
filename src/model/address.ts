/** Account names and mail addresses: which ones there are, and the one form in which each is compared. */

import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
// Not `punycode`: that is the built-in module of Node.js, deprecated and older.
import punycode from 'punycode/punycode.js';
import { EiderError } from '../errors.ts';

/** Most characters of an account name. */
export const MAX_ACCOUNT_NAME_LENGTH = 128;
/** Most octets of an address in UTF-8. RFC 5321 section 4.5.3.1.3: 256 with the angle brackets. */
export const MAX_ADDRESS_OCTETS = 254;

// RFC 5321 section 4.1.2 dot-string over RFC 6531 section 3.3 atext: ASCII specials are out, other scripts are in.
const DOT_STRING = /^[^\s()<>[\]:;@\\,."\x00-\x1f\x7f]+(?:\.[^\s()<>[\]:;@\\,."\x00-\x1f\x7f]+)*$/;
const QUOTED_STRING = /^"(?:[^"\\]|\\[ -~])*"$/;
// What cannot be seen, or makes other characters look like others: controls, formats (but the two joiners, which
// scripts need), surrogates, and what stands for octets that were no UTF-8.
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufffd]|(?![\u200c\u200d])\p{Cf}/u;
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** The two sides of an address. */
export interface AddressParts {
  /** As written: with quotes when it has them. */
  readonly localpart: string;
  readonly domain: string;
}

/** Splits at the last `@` that is outside of quotes; `null` when there is none or a side is empty. No check beyond that. */
export function splitAddress(address: string): AddressParts | null {
  const quoted = /^"(?:[^"\\]|\\.)*"(?=@)/s.exec(address)?.[0];
  const at = quoted === undefined ? address.lastIndexOf('@') : quoted.length;
  if (at <= 0 || at === address.length - 1) return null;
  return { localpart: address.slice(0, at), domain: address.slice(at + 1) };
}

/**
 * The form in which a login name is stored and compared: NFC, trimmed, lower case; an address in the form of
 * {@link normalizeAddress}.
 *
 * @throws {@link EiderError} `ACCOUNT_NAME_INVALID` for a name that is empty or over 128 characters, or holds white
 *   space, a character that cannot be seen, `*` or `%`.
 */
export function normalizeAccountName(name: string): string {
  const trimmed = name.trim();
  const normal = asAddress(trimmed) ?? lowerCase(trimmed);
  const length = Array.from(normal.slice(0, 2 * MAX_ACCOUNT_NAME_LENGTH + 1)).length;
  if (length === 0 || length > MAX_ACCOUNT_NAME_LENGTH) {
    throw new EiderError('ACCOUNT_NAME_INVALID', `an account name has 1 to ${MAX_ACCOUNT_NAME_LENGTH} characters`);
  }
  if (/[\s*%]/u.test(normal) || UNSAFE.test(normal)) {
    throw new EiderError('ACCOUNT_NAME_INVALID', 'the account name has a character that is not allowed');
  }
  return normal;
}

/**
 * The form in which an address is stored and compared: localpart in NFC and lower case, its quotes dropped where it is
 * the same without; domain in Unicode, or an address literal.
 *
 * @throws {@link EiderError} `ADDRESS_INVALID` for what is no address, or one of over 254 octets.
 */
export function normalizeAddress(address: string): string {
  const parts = address.length <= 4 * MAX_ADDRESS_OCTETS ? splitAddress(address.trim()) : null;
  if (!parts) throw invalid('an address has a localpart, @ and a domain');
  const normal = `${normalizeLocalpart(parts.localpart)}@${normalizeDomain(parts.domain)}`;
  if (Buffer.byteLength(normal) > MAX_ADDRESS_OCTETS) throw invalid('the address is too long');
  return normal;
}

/** The same without `+detail` in the localpart (RFC 5233), or `null` when there is none. For normal forms and names. */
export function withoutDetail(address: string): string | null {
  const { localpart, domain } = splitAddress(address) ?? { localpart: address, domain: null };
  if (localpart.startsWith('"')) return null;
  const at = localpart.indexOf('+');
  if (at <= 0) return null;
  return domain === null ? localpart.slice(0, at) : `${localpart.slice(0, at)}@${domain}`;
}

/**
 * The form in which a domain is stored and compared: Unicode, NFC, lower case; `[192.0.2.1]`, `[IPv6:2001:db8::1]`.
 *
 * @throws {@link EiderError} `ADDRESS_INVALID`.
 */
export function normalizeDomain(domain: string): string {
  if (domain.startsWith('[')) return normalizeLiteral(domain);
  if (UNSAFE.test(domain)) throw invalid('the domain has a character that is not allowed');
  // Some write it with the root's dot; it is the same domain.
  const name = domain.endsWith('.') ? domain.slice(0, -1) : domain;
  assertDomainText(name);
  const ascii = domainToASCII(name);
  // RFC 1035 section 2.3.4: 63 octets for a label, 253 characters for a name; the conversion above checks neither.
  const labels = ascii.split('.');
  const sound = labels.every((label) => label.length <= 63 && LABEL.test(label));
  // The conversion takes `1.2.3` and `0x7f.1` for IPv4 addresses.
  if (!sound || ascii.length > 253 || isIPv4(ascii)) throw invalid('the domain is no domain name');
  return toUnicode(ascii).normalize('NFC');
}

/**
 * The form in which a localpart is stored and compared.
 *
 * @throws {@link EiderError} `ADDRESS_INVALID`.
 */
export function normalizeLocalpart(localpart: string): string {
  if (UNSAFE.test(localpart)) throw invalid('the localpart has a character that is not allowed');
  const text = QUOTED_STRING.test(localpart) ? localpart.slice(1, -1).replace(/\\(.)/g, '$1') : localpart;
  const normal = lowerCase(text);
  if (DOT_STRING.test(normal)) return normal;
  // RFC 5321 section 4.1.2: the quoted form is for what cannot be written without.
  if (text === localpart) throw invalid('the localpart is not allowed without quotes');
  return `"${normal.replace(/["\\]/g, '\\$&')}"`;
}

/** Refuses what the conversion would let through: it decodes `%41`, and takes empty labels and names of any length. */
function assertDomainText(domain: string): void {
  const labels = domain.split('.');
  if (labels.some((label) => label === '' || label.length > 255) || labels.length > 127) {
    throw invalid('a label of the domain is empty or too long');
  }
  if (/[\x00-\x2c/:-@[-`{-\x7f]/.test(domain)) throw invalid('the domain has a character that is not allowed');
}

function normalizeLiteral(domain: string): string {
  const inner = /^\[([^\]]*)\]$/.exec(domain)?.[1] ?? '';
  if (isIPv4(inner)) return `[${inner}]`;
  const address = /^ipv6:(.*)$/i.exec(inner)?.[1] ?? '';
  // The URL parser writes an IPv6 address in the one form of RFC 5952.
  if (isIPv6(address) && !address.includes('%'))
    return `[IPv6:${new URL(`http://[${address}]`).hostname.slice(1, -1)}]`;
  throw invalid('the address literal is no IP address');
}

function toUnicode(ascii: string): string {
  try {
    return punycode.toUnicode(ascii);
  } catch {
    throw invalid('the domain is no domain name');
  }
}

function asAddress(text: string): string | null {
  if (!text.includes('@')) return null;
  try {
    return normalizeAddress(text);
  } catch {
    return null;
  }
}

/** Lower case, and NFC again, as a lower-case letter may have its own composed form. */
function lowerCase(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC');
}

function invalid(message: string): EiderError {
  return new EiderError('ADDRESS_INVALID', message);
}
