/** What FETCH can be asked about a message whose body structure is known: every section of every part. */

import type { ResponseTree } from './response-tree.ts';

/** FETCH items, apart: of BINARY a server may not decode what is asked for, and then answers none of the command. */
export interface SectionItems {
  readonly plain: readonly string[];
  readonly binary: readonly string[];
}

/** FETCH items for all parts of a body structure. RFC 9051 section 6.4.5.1, RFC 3516 section 4.1. */
export function sectionItems(structure: ResponseTree): SectionItems {
  const plain = [
    'BODY.PEEK[]',
    'BODY.PEEK[HEADER]',
    'BODY.PEEK[TEXT]',
    'BODY.PEEK[]<7.90>',
    'BODY.PEEK[]<100000000.1>',
  ];
  plain.push('BODY.PEEK[HEADER.FIELDS (SUBJECT FROM X-NONE)]', 'BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT)]');
  const binary: string[] = [];
  for (const { path, kind } of partPaths(structure)) {
    plain.push(`BODY.PEEK[${path}]`, `BODY.PEEK[${path}.MIME]`, `BODY.PEEK[${path}]<3.20>`);
    if (kind === 'leaf') binary.push(`BINARY.PEEK[${path}]`, `BINARY.SIZE[${path}]`, `BINARY.PEEK[${path}]<2.30>`);
    if (kind !== 'message') continue;
    plain.push(`BODY.PEEK[${path}.HEADER]`, `BODY.PEEK[${path}.TEXT]`, `BODY.PEEK[${path}.HEADER.FIELDS (SUBJECT)]`);
  }
  return { plain, binary };
}

interface PartPath {
  readonly path: string;
  readonly kind: 'leaf' | 'message' | 'multipart';
}

function* partPaths(part: ResponseTree, path = ''): Generator<PartPath> {
  if (!Array.isArray(part)) throw new Error(`no body structure: ${JSON.stringify(part)}`);
  const below = (n: number): string => (path === '' ? `${n}` : `${path}.${n}`);
  if (Array.isArray(part[0])) {
    if (path !== '') yield { path, kind: 'multipart' };
    for (const [i, child] of part.entries()) {
      if (!Array.isArray(child)) break;
      yield* partPaths(child, below(i + 1));
    }
    return;
  }
  const isMessage = /^message$/i.test(part[0]) && /^(?:rfc822|global)$/i.test(part[1]);
  const own = path === '' ? '1' : path;
  yield { path: own, kind: isMessage ? 'message' : 'leaf' };
  if (!isMessage) return;
  const inner = part[8];
  // The parts of a message in a part are counted as those of a message: RFC 9051 section 6.4.5.1.
  if (Array.isArray(inner[0])) {
    for (const [i, child] of inner.entries()) {
      if (!Array.isArray(child)) break;
      yield* partPaths(child, `${own}.${i + 1}`);
    }
  } else {
    yield* partPaths(inner, `${own}.1`);
  }
}
