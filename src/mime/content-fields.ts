/** What the Content-* fields of a part say. RFC 2045, RFC 2183, RFC 2231. */

import type { MimePart, Parameters } from '../model/mime-part.ts';
import { FieldScanner } from './field-scanner.ts';
import type { HeaderField } from './header-fields.ts';
import { unfold } from './header-fields.ts';
import { joinContinuations } from './parameter-continuations.ts';

/** The fields of {@link MimePart} that come from the part's header. */
export type ContentFields = Pick<
  MimePart,
  | 'type'
  | 'subtype'
  | 'parameters'
  | 'id'
  | 'description'
  | 'encoding'
  | 'md5'
  | 'disposition'
  | 'language'
  | 'location'
>;

/** Most parameters of one field, and most octets of a parameter or of a described field; what is over is left out. */
const MAX_PARAMETERS = 100;
const MAX_VALUE = 8192;

// RFC 2045 section 5.1: a token is all but controls, space and tspecials. 8-bit octets are let through.
const TOKEN = /[^\x00-\x20\x7f()<>@,;:\\"/[\]?=]+/y;
// Unquoted values in the wild hold tspecials, such as `name=a=b.txt`.
const LOOSE_VALUE = /[^\s;"]+/y;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/** Whether a field of this name, in lower case, is one of a part's description. */
export const isContentField = (name: string): boolean => name.startsWith('content-');

/** Reads the Content-* fields; of fields that are there twice, the first counts. */
export function readContentFields(fields: readonly HeaderField[], inDigest = false): ContentFields {
  const first = new Map<string, string>();
  for (const { name, value } of fields) if (!first.has(name)) first.set(name, value);
  const string = (name: string): string | null => {
    const value = first.get(name);
    return value === undefined ? null : unfold(value).slice(0, MAX_VALUE);
  };
  return {
    ...readType(first.get('content-type'), inDigest),
    id: string('content-id'),
    description: string('content-description'),
    encoding: readEncoding(first.get('content-transfer-encoding')),
    md5: string('content-md5'),
    disposition: readDisposition(first.get('content-disposition')),
    language: readLanguage(first.get('content-language')),
    location: string('content-location'),
  };
}

type TypeFields = Pick<ContentFields, 'type' | 'subtype' | 'parameters'>;

function readType(value: string | undefined, inDigest: boolean): TypeFields {
  // RFC 2046 section 5.1.5: parts of a digest are messages unless they say otherwise.
  if (value === undefined && inDigest) return { type: 'message', subtype: 'rfc822', parameters: [] };
  const plain: TypeFields = { type: 'text', subtype: 'plain', parameters: [] };
  if (value === undefined) return plain;
  const scanner = new FieldScanner(unfold(value));
  scanner.skipSpace();
  const type = scanner.take(TOKEN).toLowerCase();
  scanner.skipSpace();
  if (type === '' || !scanner.takeCode(SLASH)) return plain;
  scanner.skipSpace();
  const subtype = scanner.take(TOKEN).toLowerCase();
  // RFC 2045 section 5.2: what cannot be read is plain text.
  if (subtype === '') return plain;
  return { type, subtype, parameters: readParameters(scanner) };
}

function readDisposition(value: string | undefined): ContentFields['disposition'] {
  if (value === undefined) return null;
  const scanner = new FieldScanner(unfold(value));
  scanner.skipSpace();
  const type = scanner.take(TOKEN).toLowerCase();
  return type === '' ? null : { type, parameters: readParameters(scanner) };
}

function readEncoding(value: string | undefined): string {
  if (value === undefined) return '7bit';
  const scanner = new FieldScanner(unfold(value));
  scanner.skipSpace();
  const encoding = scanner.atQuote ? scanner.takeQuoted() : scanner.take(TOKEN);
  return encoding === '' ? '7bit' : encoding.toLowerCase();
}

/** RFC 3282 section 2: tags with commas between. */
function readLanguage(value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  const scanner = new FieldScanner(unfold(value));
  const tags: string[] = [];
  while (tags.length < MAX_PARAMETERS) {
    scanner.skipSpace();
    if (scanner.done) break;
    const tag = scanner.take(TOKEN);
    if (tag === '') scanner.position++;
    else tags.push(tag);
  }
  return tags;
}

/** Reads `;name=value` up to the end of the field; passes over what is neither. */
function readParameters(scanner: FieldScanner): Parameters {
  const parameters: [string, string][] = [];
  for (;;) {
    scanner.skipSpace();
    if (scanner.done || parameters.length >= MAX_PARAMETERS) break;
    if (scanner.takeCode(SEMICOLON)) continue;
    const name = scanner.take(TOKEN).toLowerCase();
    scanner.skipSpace();
    if (name === '' || !scanner.takeCode(EQUALS)) {
      if (name === '') scanner.position++;
      continue;
    }
    scanner.skipSpace();
    const value = scanner.atQuote ? scanner.takeQuoted() : scanner.take(LOOSE_VALUE);
    if (value.length <= MAX_VALUE && name.length <= 256) parameters.push([name, value]);
  }
  return joinContinuations(parameters);
}

/** A parameter's value, or `null`; the first counts. */
export function parameter(parameters: Parameters, name: string): string | null {
  for (const [key, value] of parameters) if (key === name) return value;
  return null;
}
