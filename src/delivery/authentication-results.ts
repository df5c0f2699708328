/** Reads Authentication-Results of servers that are believed. RFC 8601. */

import { FieldScanner } from '../mime/field-scanner.ts';

/** What is taken from it. */
export interface AuthenticationResults {
  /** Result of DMARC in lower case, such as `pass`, `fail`, `none`; `null` when it was not looked at. */
  readonly dmarc: string | null;
  /** What the domain wants to be done with mail that fails, in lower case; `null` when it is not told. */
  readonly policy: string | null;
}

const TOKEN = /[^\x00-\x20\x7f()<>@,;:\\"/[\]?=]+/y;
const VALUE = /[^\s;()"]+/y;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const SLASH = 0x2f;

/**
 * The results of the first field that a server of these names wrote, as the topmost one is the last that was written;
 * `null` when there is none.
 *
 * @param values unfolded, the topmost first
 */
export function readAuthenticationResults(
  values: readonly string[],
  authservIds: readonly string[],
): AuthenticationResults | null {
  const trusted = new Set(authservIds.map((id) => id.toLowerCase()));
  if (trusted.size === 0) return null;
  for (const value of values) {
    const scanner = new FieldScanner(value);
    scanner.skipSpace();
    const id = scanner.atQuote ? scanner.takeQuoted() : scanner.take(VALUE);
    if (trusted.has(id.toLowerCase())) return readResults(scanner);
  }
  return null;
}

/** Goes on behind the name of the server. */
function readResults(scanner: FieldScanner): AuthenticationResults {
  while (skipToResult(scanner)) {
    const method = scanner.take(TOKEN).toLowerCase();
    skipVersion(scanner);
    scanner.skipSpace();
    if (method !== 'dmarc' || !scanner.takeCode(EQUALS)) continue;
    scanner.skipSpace();
    const dmarc = scanner.take(TOKEN).toLowerCase();
    return { dmarc, policy: readPolicy(scanner) };
  }
  return { dmarc: null, policy: null };
}

/** Passes all up to the next result, `false` at the end. */
function skipToResult(scanner: FieldScanner): boolean {
  for (;;) {
    scanner.skipSpace();
    if (scanner.done) return false;
    if (scanner.takeCode(SEMICOLON)) {
      scanner.skipSpace();
      return true;
    }
    skipOne(scanner);
  }
}

function skipVersion(scanner: FieldScanner): void {
  scanner.skipSpace();
  if (!scanner.takeCode(SLASH)) return;
  scanner.skipSpace();
  scanner.take(TOKEN);
}

/**
 * The policy has no place of its own: servers tell it in a comment, `(p=reject dis=none)`, or as a property,
 * `policy.dmarc=reject`.
 */
function readPolicy(scanner: FieldScanner): string | null {
  for (;;) {
    scanner.comment = null;
    scanner.skipSpace();
    const told = /(?:^|[\s;,])p=([a-z]+)/i.exec((scanner.comment ?? '').slice(0, 256))?.[1];
    if (told !== undefined) return told.toLowerCase();
    if (scanner.done || scanner.code === SEMICOLON) return null;
    const property = /^policy\.[a-z-]+=([a-z]+)$/i.exec(skipOne(scanner));
    if (property) return (property[1] as string).toLowerCase();
  }
}

/** Passes what stands here, at least one character. */
function skipOne(scanner: FieldScanner): string {
  if (scanner.atQuote) return scanner.takeQuoted();
  const text = scanner.take(VALUE);
  if (text === '') scanner.position++;
  return text;
}

/** What {@link formatAuthenticationResults} tells. */
export interface ToldResults {
  readonly spf: { readonly result: string; readonly domain: string | null };
  readonly dkim: readonly { readonly result: string; readonly domain: string; readonly selector: string }[];
  readonly arc: string;
  readonly dmarc: { readonly result: string; readonly domain: string | null; readonly policy: string | null };
}

/** Writes the field, with CRLF at its end. What came from outside and is no name is left out. */
export function formatAuthenticationResults(authservId: string, { spf, dkim, arc, dmarc }: ToldResults): string {
  const results = [
    `spf=${spf.result}${property('smtp.mailfrom', spf.domain)}`,
    ...(dkim.length === 0 ? ['dkim=none'] : []),
    ...dkim.map((one) => `dkim=${one.result}${property('header.d', one.domain)}${property('header.s', one.selector)}`),
    `arc=${arc}`,
    `dmarc=${dmarc.result}${dmarc.policy === null ? '' : ` (p=${dmarc.policy})`}${property('header.from', dmarc.domain)}`,
  ];
  return `Authentication-Results: ${authservId};\r\n ${results.join(';\r\n ')}\r\n`;
}

function property(name: string, value: string | null): string {
  return value !== null && /^[a-z0-9._-]{1,253}$/i.test(value) ? ` ${name}=${value}` : '';
}
