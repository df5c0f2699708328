/** The arguments of FETCH. RFC 9051 section 6.4.5. */

import type { Section } from '../../model/section.ts';
import type { Scanner } from './scanner.ts';
import type { SequenceSet } from './sequence-set.ts';

/** `<start.count>`, octets; `count` is at least 1. */
export interface Partial {
  readonly start: number;
  readonly count: number;
}

/** Items without arguments. `body` is BODY without extension data. */
export type SimpleFetchItem =
  | 'flags' | 'uid' | 'internalDate' | 'size' | 'envelope' | 'bodyStructure' | 'body'
  | 'modSeq' | 'emailId' | 'threadId' | 'saveDate';

/** One item. `name` is what the response calls it, such as `BODY[HEADER.FIELDS (FROM TO)]<0>`. */
export type FetchItem =
  | { readonly kind: SimpleFetchItem; readonly name: string }
  /** `peek`: does not set `\Seen`. */
  | { readonly kind: 'section'; readonly name: string; readonly section: Section; readonly partial: Partial | null; readonly peek: boolean }
  /** RFC 3516. `path` is empty for the whole message. */
  | { readonly kind: 'binary'; readonly name: string; readonly path: readonly number[]; readonly partial: Partial | null; readonly peek: boolean }
  | { readonly kind: 'binarySize'; readonly name: string; readonly path: readonly number[] }
  /** RFC 8970. */
  | { readonly kind: 'preview'; readonly name: string; readonly lazy: boolean };

/** Arguments of FETCH and UID FETCH. */
export interface FetchArguments {
  readonly set: SequenceSet;
  /** No item twice; at most 100. */
  readonly items: readonly FetchItem[];
  /** RFC 7162 section 3.1.4.1, or `null`. */
  readonly changedSince: number | null;
  /** RFC 7162 section 3.2.6; only together with `changedSince`. */
  readonly vanished: boolean;
}

/** From the space before the set to the end. @throws ImapSyntaxError */
export declare function parseFetch(scanner: Scanner): FetchArguments;
/** `HEADER.FIELDS (FROM TO)` and the like, field names in capitals. */
export declare function formatSection(section: Section): string;
