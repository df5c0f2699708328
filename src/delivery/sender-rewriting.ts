/** Reverse paths of forwarded mail: addresses of this domain that lead back to the sender, by SRS0 and SRS1. */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { domainToASCII } from 'node:url';
import { EiderError } from '../errors.ts';
import {
  MAX_ADDRESS_OCTETS,
  normalizeAddress,
  normalizeDomain,
  normalizeLocalpart,
  splitAddress,
} from '../model/address.ts';
import type { AccountId } from '../model/ids.ts';
import type { Route } from '../model/route.ts';

/** Gives the reverse path of what is forwarded for an account, or for an address that only forwards (`null`). */
export type RewriteSender = (from: string, account: AccountId | null) => string | Promise<string>;

/** The reverse path to forward with. */
export async function rewrittenSender(
  how: RewriteSender | SenderRewriter | undefined,
  from: string,
  account: AccountId | null,
): Promise<string> {
  if (!how) return from;
  return how instanceof SenderRewriter ? how.rewrite(from) : how(from, account);
}

/** Where mail for an address that a {@link SenderRewriter} has made goes back to. */
export function rewrittenRoute(how: RewriteSender | SenderRewriter | undefined, address: string): Route | null {
  const sender = how instanceof SenderRewriter ? how.restore(address) : null;
  return sender === null ? null : { type: 'forward', matched: address, targets: [sender], forwardsPerDay: null };
}

const DAY = 86_400_000;
/** Days that are told apart: 32 times 32. */
const DAYS = 1024;
/** A queue gives up after five days, and the report of that may wait as long again. */
const VALID_DAYS = 21;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const CODE_LENGTH = 8;
const MIN_SECRET_OCTETS = 16;

// Case is lost on the way at times, so nothing here depends on it.
const SRS0 = /^srs0[-+=]([a-z2-7]{8})=([a-z2-7]{2})=([^=]+)=(.+)$/is;
const SRS1 = /^srs1[-+=]([a-z2-7]{8})=([^=]+)=([-+=].+)$/is;
/** Of any host. */
const FOREIGN_SRS0 = /^srs0([-+=].+)$/is;
const FOREIGN_SRS1 = /^srs1[-+=][^=]+=([^=]+)=([-+=].+)$/is;

/**
 * Rewrites reverse paths by the sender rewriting scheme, so that receivers of a forwarded message find this host
 * allowed to send for its domain (RFC 7208 section 11.2), and reports of failure come back to the sender through it.
 */
export class SenderRewriter {
  readonly #domain: string;
  readonly #secret: Uint8Array;
  readonly #now: () => number;

  /**
   * @param domain whose mail comes to this store; its SPF record names the hosts that send for it
   * @param secret at least 16 octets, the same for all processes
   * @throws `DOMAIN_INVALID`, `INVALID_ARGUMENT`.
   */
  constructor(domain: string, secret: Uint8Array, now: () => number = Date.now) {
    if (secret.length < MIN_SECRET_OCTETS) {
      throw new EiderError('INVALID_ARGUMENT', `the secret has fewer than ${MIN_SECRET_OCTETS} octets`);
    }
    this.#domain = asciiDomain(domain);
    this.#secret = secret;
    this.#now = now;
  }

  /**
   * The reverse path to forward with. One of this domain stays as it is; none stays none, and what is no address, or
   * would be too long, becomes none: nobody can be told then.
   */
  rewrite(from: string): string {
    const parts = soundParts(from);
    if (!parts) return '';
    // Nothing could be told from no sender at all.
    if (unquoted(parts.localpart) === '') return '';
    const domain = domainToASCII(parts.domain) || parts.domain;
    if (domain === this.#domain) return from;
    const address = `${quoted(this.#rewritten(unquoted(parts.localpart), domain))}@${this.#domain}`;
    return Buffer.byteLength(address) <= MAX_ADDRESS_OCTETS ? address : '';
  }

  /**
   * Where mail to a rewritten address goes: to the sender, or to the host that has rewritten it before us. `null` for
   * an address that this store did not make, or made more than 21 days ago.
   */
  restore(address: string): string | null {
    const parts = soundParts(address);
    if (!parts || domainToASCII(parts.domain) !== this.#domain) return null;
    const localpart = unquoted(parts.localpart);
    const [, code1 = '', host = '', rest = ''] = SRS1.exec(localpart) ?? [];
    if (host !== '') return this.#isCode(code1, `${host}=${rest}`) ? `${quoted(`SRS0${rest}`)}@${host}` : null;
    const [, code = '', day = '', domain = '', sender = ''] = SRS0.exec(localpart) ?? [];
    if (sender === '' || !this.#isCode(code, `${day}=${domain}=${sender}`) || !this.#isRecent(day)) return null;
    return `${quoted(sender)}@${domain}`;
  }

  #rewritten(localpart: string, domain: string): string {
    const [, host = domain, rest = FOREIGN_SRS0.exec(localpart)?.[1]] = FOREIGN_SRS1.exec(localpart) ?? [];
    // The first host can lead back by itself; those in between need not be known.
    if (rest !== undefined) return `SRS1=${this.#code(`${host}=${rest}`)}=${host}=${rest}`;
    const tail = `${dayText(this.#day())}=${domain}=${localpart}`;
    return `SRS0=${this.#code(tail)}=${tail}`;
  }

  #isCode(code: string, tail: string): boolean {
    return timingSafeEqual(Buffer.from(code.toLowerCase()), Buffer.from(this.#code(tail)));
  }

  #code(tail: string): string {
    const digest = createHmac('sha256', this.#secret).update('eider srs v1\0').update(tail.toLowerCase()).digest();
    return Array.from(digest.subarray(0, CODE_LENGTH), (octet) => ALPHABET[octet & 31]).join('');
  }

  #day(): number {
    return Math.floor(this.#now() / DAY) % DAYS;
  }

  #isRecent(text: string): boolean {
    const [high = 0, low = 0] = Array.from(text.toLowerCase(), (letter) => ALPHABET.indexOf(letter));
    return (this.#day() - (high * 32 + low) + DAYS) % DAYS <= VALID_DAYS;
  }
}

const dayText = (day: number): string => `${ALPHABET[day >> 5]}${ALPHABET[day & 31]}`;

function asciiDomain(domain: string): string {
  try {
    const ascii = domainToASCII(normalizeDomain(domain));
    if (ascii !== '') return ascii;
  } catch {
    // Told below.
  }
  throw new EiderError('DOMAIN_INVALID', 'reverse paths are rewritten into a domain');
}

function soundParts(address: string): ReturnType<typeof splitAddress> {
  try {
    normalizeAddress(address);
    return splitAddress(address.trim());
  } catch {
    return null;
  }
}

function unquoted(localpart: string): string {
  return localpart.startsWith('"') ? localpart.slice(1, -1).replace(/\\(.)/g, '$1') : localpart;
}

/** With quotes where it cannot stand without. RFC 5321 section 4.1.2. */
function quoted(text: string): string {
  const escaped = `"${text.replace(/["\\]/g, '\\$&')}"`;
  // In normal form quotes stay only where they are needed.
  return normalizeLocalpart(escaped).startsWith('"') ? escaped : text;
}
