/** The arguments of GETMETADATA and SETMETADATA, and LIST's METADATA. RFC 5464 section 5, RFC 9590. */

import type { AnnotationDepth } from '../../model/annotation.ts';
import { ImapSyntaxError } from './imap-syntax-error.ts';
import type { Scanner } from './scanner.ts';

/** Which annotations a client asks for. */
export interface MetadataRequest {
  /** As typed; at least one. */
  readonly names: readonly string[];
  readonly depth: AnnotationDepth;
  /** Most octets of a value; `null` for any. */
  readonly maxSize: number | null;
}

/** Arguments of GETMETADATA. */
export interface GetMetadataArguments extends MetadataRequest {
  /** Unicode; `''` for annotations of the server. */
  readonly mailbox: string;
}

/** Arguments of SETMETADATA. */
export interface SetMetadataArguments {
  /** Unicode; `''` for annotations of the server. */
  readonly mailbox: string;
  /** By name as typed; `null` to remove one. */
  readonly values: ReadonlyMap<string, Uint8Array | null>;
}

interface Options {
  depth?: AnnotationDepth;
  maxSize?: number;
}

const MAX_NAMES = 100;
const DEPTHS: ReadonlyMap<string, AnnotationDepth> = new Map<string, AnnotationDepth>([
  ['0', 0],
  ['1', 1],
  ['INFINITY', 'infinity'],
]);

/** Reads from the space before the first argument to the end. @throws ImapSyntaxError */
export function parseGetMetadata(scanner: Scanner): GetMetadataArguments {
  const options: Options = {};
  scanner.space();
  // RFC 5464 section 5 has the options before the mailbox, the examples of section 4.2 have them behind it.
  if (scanner.peek() === '(') {
    parseOptions(scanner, options);
    scanner.space();
  }
  const mailbox = scanner.mailbox();
  scanner.space();
  const names = parseNames(scanner, options);
  scanner.end();
  return { mailbox, ...request(names, options) };
}

/** Reads from the space before the mailbox to the end. @throws ImapSyntaxError */
export function parseSetMetadata(scanner: Scanner): SetMetadataArguments {
  scanner.space();
  const mailbox = scanner.mailbox();
  scanner.space();
  const values = new Map<string, Uint8Array | null>();
  scanner.list(() => {
    const name = scanner.astring();
    scanner.space();
    values.set(name, scanner.nilOrOctets());
  });
  scanner.end();
  return { mailbox, values };
}

/** What stands behind LIST's return option METADATA. @throws ImapSyntaxError */
export function parseMetadataReturn(scanner: Scanner): MetadataRequest {
  const options: Options = {};
  scanner.space();
  return request(parseNames(scanner, options), options);
}

/** A name, names in parentheses, or these behind options. */
function parseNames(scanner: Scanner, options: Options): string[] {
  if (scanner.peek() !== '(') return [scanner.astring()];
  if (/[a-z]/i.test(scanner.peek(1))) {
    parseOptions(scanner, options);
    scanner.space();
    if (scanner.peek() !== '(') return [scanner.astring()];
  }
  const names = [...new Set(scanner.list(() => scanner.astring()))];
  if (names.length > MAX_NAMES) throw new ImapSyntaxError(`more than ${MAX_NAMES} entries`);
  return names;
}

function parseOptions(scanner: Scanner, options: Options): void {
  scanner.list(() => {
    const option = scanner.word();
    scanner.space();
    if (option === 'MAXSIZE' && options.maxSize === undefined) options.maxSize = scanner.number();
    else if (option === 'DEPTH' && options.depth === undefined) options.depth = parseDepth(scanner);
    else throw new ImapSyntaxError(`unknown METADATA option, or one given twice: ${option.slice(0, 32)}`);
  });
}

function parseDepth(scanner: Scanner): AnnotationDepth {
  const depth = DEPTHS.get(scanner.word());
  if (depth === undefined) throw new ImapSyntaxError('expected a depth of 0, 1, or infinity');
  return depth;
}

const request = (names: readonly string[], { depth, maxSize }: Options): MetadataRequest => ({
  names,
  depth: depth ?? 0,
  maxSize: maxSize ?? null,
});
