/** What is kept of an address beside it: checked, changed, compared. */

import { EiderError } from '../errors.ts';
import type { AddressDetails, AddressOptions } from '../model/addresses.ts';

const MAX_NAME = 256;
const MAX_TAGS = 20;
const MAX_TAG = 64;
const MAX_METADATA_OCTETS = 4_096;
const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Of an address of which nothing was said. */
export const NO_DETAILS: AddressDetails = { displayName: null, tags: [], metadata: null };

/** What `options` make of it. @throws `INVALID_ARGUMENT`. */
export function changedDetails(before: AddressDetails, options: AddressOptions): AddressDetails {
  const { displayName, tags, metadata } = options;
  return {
    displayName: displayName === undefined ? before.displayName : checkedName(displayName),
    tags: tags === undefined ? before.tags : checkedTags(tags),
    metadata: metadata === undefined ? before.metadata : checkedMetadata(metadata),
  };
}

/** The same fields of a record that has more. */
export function detailsOf({ displayName, tags, metadata }: AddressDetails): AddressDetails {
  return { displayName, tags, metadata };
}

/** Whether it has a tag, in whichever case; any has no tag at all (`undefined`). */
export function hasTag({ tags }: AddressDetails, tag: string | undefined): boolean {
  return tag === undefined || tags.some((one) => folded(one) === folded(tag));
}

function checkedName(name: string | null): string | null {
  const text = name?.normalize('NFC').trim() ?? '';
  // It goes into header fields.
  if (CONTROL.test(text) || text.length > MAX_NAME) {
    throw invalid(`a display name has at most ${MAX_NAME} characters, and no control characters`);
  }
  return text === '' ? null : text;
}

function checkedTags(tags: readonly string[]): string[] {
  const unique = new Map<string, string>();
  for (const tag of tags) {
    const text = tag.normalize('NFC').trim();
    if (text.length < 1 || text.length > MAX_TAG || CONTROL.test(text)) {
      throw invalid(`a tag has 1 to ${MAX_TAG} characters, and no control characters`);
    }
    if (!unique.has(folded(text))) unique.set(folded(text), text);
  }
  if (unique.size > MAX_TAGS) throw invalid(`an address has at most ${MAX_TAGS} tags`);
  return [...unique.values()];
}

function checkedMetadata(metadata: Readonly<Record<string, unknown>> | null): Record<string, unknown> | null {
  if (metadata === null) return null;
  const text = jsonOf(metadata);
  if (!text?.startsWith('{')) throw invalid('metadata are an object that can be written as JSON');
  if (Buffer.byteLength(text) > MAX_METADATA_OCTETS) {
    throw invalid(`metadata have at most ${MAX_METADATA_OCTETS} octets as JSON`);
  }
  return JSON.parse(text) as Record<string, unknown>;
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

const folded = (tag: string): string => tag.normalize('NFC').trim().toLowerCase();

function invalid(message: string): EiderError {
  return new EiderError('INVALID_ARGUMENT', message);
}
