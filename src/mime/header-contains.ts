/** Looks for text in a header field of any name, as a search without an index must. */

import { foldText, oneSpaced } from '../model/tokens.ts';
import { asBuffer, parseHeaderFields, unfold } from './header-fields.ts';
import { decodeField } from './text-decoding.ts';

/**
 * Whether `header` (raw) has a field `name` (lower case) whose text, as {@link searchedField} gives it, holds
 * `text` (folded); with an empty `text`, whether it has the field at all. RFC 9051 section 6.4.4, HEADER.
 */
export function headerContains(header: Uint8Array, name: string, text: string): boolean {
  const fields = parseHeaderFields(asBuffer(header).toString('latin1'), (field) => field === name);
  if (text === '') return fields.length > 0;
  return fields.some(({ value }) => searchedField(value).includes(text));
}

/** A raw field as search compares it: unfolded, decoded, folded, with one space for any white space. */
export function searchedField(value: string): string {
  return oneSpaced(foldText(decodeField(unfold(value))));
}
