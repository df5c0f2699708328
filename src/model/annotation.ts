/** Annotations of mailboxes and of the account: named values that no message has to do with. RFC 5464 section 3. */

import { EiderError } from '../errors.ts';

/** A value with its name. */
export interface Annotation {
  /** In lower case; levels begin with `/`, the first is `/private` or `/shared`. */
  readonly name: string;
  /** Any octets; text is UTF-8 with CRLF. */
  readonly value: Uint8Array;
}

/** Which annotations to read. */
export interface AnnotationQuery {
  /** In any case. */
  readonly names: readonly string[];
  /** How many levels below each name belong to it. @defaultValue 0 */
  readonly depth?: AnnotationDepth;
}

/** Levels below a name. RFC 5464 section 4.2.2. */
export type AnnotationDepth = 0 | 1 | 'infinity';

/** Most octets of a name. */
export const MAX_ANNOTATION_NAME_OCTETS = 256;
/** Most octets of a value. */
export const MAX_ANNOTATION_OCTETS = 65_536;
/** Most annotations of one mailbox, and of the account itself. */
export const MAX_ANNOTATIONS = 100;
/** Most octets of all annotations of an account, its mailboxes included, names and values. */
export const MAX_ACCOUNT_ANNOTATION_OCTETS: number = 16 * 1024 * 1024;
/** The annotation of a mailbox that is its special use. RFC 6154 section 4. */
export const SPECIAL_USE_ANNOTATION = '/private/specialuse';

/**
 * The form in which a name is stored and compared, as names are the same in any case.
 *
 * @throws `ANNOTATION_INVALID` for a name without `/` in front, with an empty level, with `*`, `%`, or anything but
 *   printable ASCII, and for one of more than 256 octets. RFC 5464 section 3.2.
 */
export function normalizeAnnotationName(name: string): string {
  if (!/^(?:\/[\x20-\x24\x26-\x29\x2b-\x2e\x30-\x7e]+)+$/.test(name)) {
    throw new EiderError('ANNOTATION_INVALID', 'that cannot be the name of an annotation');
  }
  if (name.length > MAX_ANNOTATION_NAME_OCTETS) {
    throw new EiderError(
      'ANNOTATION_INVALID',
      `the name of an annotation has ${MAX_ANNOTATION_NAME_OCTETS} octets at most`,
    );
  }
  return name.toLowerCase();
}

/**
 * The same for a name that is to have a value: `/private` or `/shared` with something below, and below their `vendor` a
 * vendor and a name. RFC 5464 section 3.2.
 *
 * @throws `ANNOTATION_INVALID`.
 */
export function requireAnnotationName(name: string): string {
  const normal = normalizeAnnotationName(name);
  const [, scope, first, ...rest] = normal.split('/');
  if ((scope !== 'private' && scope !== 'shared') || first === undefined) {
    throw new EiderError('ANNOTATION_INVALID', 'an annotation lies below /private or /shared');
  }
  if (first === 'vendor' && rest.length < 2) {
    throw new EiderError('ANNOTATION_INVALID', "a vendor's annotation has the vendor in its name, and more behind it");
  }
  return normal;
}

/** Whether an annotation is asked for by a name, both in normal form. RFC 5464 section 4.2.2. */
export function isAtOrBelow(name: string, asked: string, depth: AnnotationDepth): boolean {
  if (name === asked) return true;
  if (depth === 0 || !name.startsWith(`${asked}/`)) return false;
  return depth === 'infinity' || !name.includes('/', asked.length + 1);
}
