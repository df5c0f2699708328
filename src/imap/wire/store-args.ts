/** The arguments of STORE. RFC 9051 section 6.4.6, RFC 7162 section 3.1.3, X-GM-EXT-1. */

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
  /** As typed; none when labels are to be changed. */
  readonly flags: readonly string[];
  /** X-GM-LABELS: system labels as typed, mailboxes in Unicode; `null` when flags are to be changed. */
  readonly labels: readonly string[] | null;
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
  const [item, ...suffix] = scanner.name().split('.');
  const silent = suffix[0] === 'SILENT';
  if ((item !== 'FLAGS' && item !== 'X-GM-LABELS') || suffix.length > (silent ? 1 : 0)) {
    throw new ImapSyntaxError('expected FLAGS or FLAGS.SILENT');
  }
  scanner.space();
  const labels = item === 'FLAGS' ? null : parseLabels(scanner);
  const flags = labels ? [] : scanner.peek() === '(' ? scanner.flagList() : parseBareFlags(scanner);
  scanner.end();
  return { set, mode, silent, flags, labels, unchangedSince };
}

function parseLabels(scanner: Scanner): string[] {
  if (scanner.peek() === '(') return scanner.list(() => scanner.label(), { empty: true });
  const labels: string[] = [];
  do labels.push(scanner.label());
  while (scanner.trySpace());
  return labels;
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
