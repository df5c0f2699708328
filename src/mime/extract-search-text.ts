/** Makes the search text of a stored message again. */

import type { SearchText, StoredBody } from '../model/content.ts';
import type { MimePart } from '../model/mime-part.ts';
import { type HeaderField, MAX_PARSED_HEADER, parseHeaderFields } from './header-fields.ts';
import { MessageBody } from './message-body.ts';
import { readSearchText } from './search-text.ts';

/** Most octets of the headers of messages inside that are read. */
const MAX_INNER_HEADERS: number = 256 * 1024;

/** Parts whose octets lie in blobs are left out: no blob is read. */
const noBlobs = {
  read(): never {
    throw new Error('no blob is read for search text');
  },
};

/** Whether all text of a message lies on the fast tier, so that {@link extractSearchText} makes all of its search text. */
export function hasAllText(stored: StoredBody, tree: MimePart): boolean {
  if (stored.header.length + stored.text.length === stored.size) return true;
  const body = new MessageBody(stored, tree, noBlobs);
  const isThere = (part: MimePart): boolean =>
    part.children.length > 0
      ? part.children.every(isThere)
      : part.type !== 'text' || body.inline(part.bodyStart, part.bodyEnd) !== null;
  return isThere(tree);
}

/** The search text of a message all of whose text lies on the fast tier. */
export function extractSearchText(stored: StoredBody, tree: MimePart): SearchText {
  const body = new MessageBody(stored, tree, noBlobs);
  const fieldsOf = (part: MimePart): HeaderField[] => {
    const end = Math.min(part.bodyStart, part.headerStart + MAX_PARSED_HEADER);
    return parseHeaderFields(body.inline(part.headerStart, end)?.toString('latin1') ?? '');
  };
  const inner: HeaderField[][] = [];
  let octets = 0;
  const addInner = (part: MimePart): void => {
    for (const child of part.children) {
      if (part.envelope !== undefined && octets <= MAX_INNER_HEADERS) {
        octets += child.bodyStart - child.headerStart;
        inner.push(fieldsOf(child));
      }
      addInner(child);
    }
  };
  addInner(tree);
  return readSearchText({
    tree,
    fields: fieldsOf(tree),
    inner,
    octetsOf: (part) => body.inline(part.bodyStart, part.bodyEnd),
  });
}

/** Where other threads find {@link extractSearchText}. */
export const searchTextExtractor: { readonly module: string; readonly name: string } = {
  module: import.meta.url,
  name: 'extractSearchText',
};
