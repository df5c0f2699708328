/** The arguments of STORE. RFC 9051 section 6.4.6, RFC 7162 section 3.1.3. */

import type { FlagMode } from '../../model/flags.ts';
import { ImapSyntaxError } from './imap-syntax-error.ts';
import type { Scanner } from './scanner.ts';
import type { SequenceSet } from './sequence-set.ts';

/** Arguments of STORE and UID STORE. */
export interface StoreArguments {
  readonly set: SequenceSet;
  readonly mode: FlagMode;
  /** No untagged FETCH for what changes. */
  readonly silent: boolean;
  /** As typed. */
  readonly flags: readonly string[];
  /** RFC 7162 section 3.1.3, or `null`. */
  readonly unchangedSince: number | null;
}

/** Reads from the space before the set to the end. @throws ImapSyntaxError */
export function parseStore(scanner: Scanner): StoreArguments {
  scanner.space();
  const set = scanner.sequenceSet();
  scanner.space();
  const unchangedSince = scanner.peek() === '(' ? parseModifiers(scanner) : null;
  const mode = scanner.tryChar('+') ? 'add' : scanner.tryChar('-') ? 'remove' : 'replace';
  const item = scanner.name();
  if (item !== 'FLAGS' && item !== 'FLAGS.SILENT') throw new ImapSyntaxError('expected FLAGS or FLAGS.SILENT');
  scanner.space();
  const flags = scanner.peek() === '(' ? scanner.flagList() : parseBareFlags(scanner);
  scanner.end();
  return { set, mode, silent: item === 'FLAGS.SILENT', flags, unchangedSince };
}

function parseModifiers(scanner: Scanner): number {
  const values = scanner.list(() => {
    if (scanner.word() !== 'UNCHANGEDSINCE') throw new ImapSyntaxError('expected UNCHANGEDSINCE');
    scanner.space();
    return scanner.number64();
  });
  // RFC 7162 section 7: only one of them.
  if (values.length !== 1) throw new ImapSyntaxError('UNCHANGEDSINCE is there twice');
  scanner.space();
  return values[0] as number;
}

function parseBareFlags(scanner: Scanner): string[] {
  const flags: string[] = [];
  do flags.push(scanner.flag());
  while (scanner.trySpace());
  return flags;
}
