/** A message with header fields put before its first octet, without reading it again. */

import type { Content, SearchText } from '../model/content.ts';
import type { MimePart } from '../model/mime-part.ts';
import { parseHeaderFields } from './header-fields.ts';
import { headerWords } from './search-text.ts';

/**
 * The content of `prefix` followed by the message. What clients see of both together differs from that of the message
 * alone only in the header, its size and its place: so the fields must be such that no ENVELOPE has them.
 *
 * @param prefix whole header fields, each with its line ending
 * @param digest SHA-256 of both together, 64 lower-case hex digits
 */
export function prefixContent(content: Content, prefix: Uint8Array, digest: string): Content {
  const moved = {
    header: Buffer.concat([prefix, content.header]),
    size: content.size + prefix.length,
    digest,
    tree: moveRoot(content.tree, prefix.length),
  };
  const properties = Object.getOwnPropertyDescriptors(content);
  let searchText: SearchText | undefined;
  Object.defineProperties(moved, {
    ...Object.fromEntries(Object.entries(properties).filter(([name]) => !Object.hasOwn(moved, name))),
    // Made when it is first read, as that of the message itself may be.
    searchText: {
      enumerable: true,
      get: () => {
        searchText ??= withHeader(content.searchText, prefix);
        return searchText;
      },
    },
  });
  return moved as unknown as Content;
}

function withHeader(text: SearchText, prefix: Uint8Array): SearchText {
  const words = headerWords(parseHeaderFields(Buffer.from(prefix).toString('latin1')));
  return { ...text, header: [words, text.header].filter((part) => part !== '').join(' ') };
}

function moveRoot(root: MimePart, by: number): MimePart {
  return { ...move(root, by), headerStart: root.headerStart };
}

function move(part: MimePart, by: number): MimePart {
  return {
    ...part,
    headerStart: part.headerStart + by,
    bodyStart: part.bodyStart + by,
    bodyEnd: part.bodyEnd + by,
    children: part.children.map((child) => move(child, by)),
  };
}
