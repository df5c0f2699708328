/** The arguments of SELECT and EXAMINE. RFC 9051 section 6.3.2, RFC 7162 sections 3.1.8 and 3.2.5. */

import type { UidSet } from '../../model/uid-set.ts';
import { ImapSyntaxError } from './imap-syntax-error.ts';
import type { Scanner } from './scanner.ts';

/** What a client with a cache says of it. RFC 7162 section 3.2.5. */
export interface QresyncParameters {
  readonly uidValidity: number;
  readonly modSeq: number;
  /** `null`: all. */
  readonly knownUids: UidSet | null;
  /** The n-th message number belongs to the n-th UID; both sets have one size. */
  readonly match: { readonly seqs: UidSet; readonly uids: UidSet } | null;
}

/** Arguments of SELECT and EXAMINE. */
export interface SelectArguments {
  /** Unicode. */
  readonly mailbox: string;
  readonly condstore: boolean;
  readonly qresync: QresyncParameters | null;
}

/** Reads from the space before the mailbox to the end. @throws ImapSyntaxError */
export function parseSelect(scanner: Scanner): SelectArguments {
  scanner.space();
  const mailbox = scanner.mailbox();
  let condstore = false;
  let qresync: QresyncParameters | null = null;
  if (scanner.trySpace()) {
    scanner.list(() => {
      const parameter = scanner.word();
      if (parameter === 'CONDSTORE') condstore = true;
      else if (parameter === 'QRESYNC') qresync = parseQresync(scanner);
      else throw new ImapSyntaxError(`unknown SELECT parameter ${parameter.slice(0, 32)}`);
    });
  }
  scanner.end();
  return { mailbox, condstore, qresync };
}

function parseQresync(scanner: Scanner): QresyncParameters {
  scanner.space();
  scanner.expect('(');
  const uidValidity = scanner.nzNumber();
  scanner.space();
  const modSeq = scanner.number64();
  let knownUids: UidSet | null = null;
  let match: QresyncParameters['match'] = null;
  let more = scanner.trySpace();
  if (more && scanner.peek() !== '(') {
    knownUids = plainSet(scanner);
    more = scanner.trySpace();
  }
  if (more) match = parseMatch(scanner);
  scanner.expect(')');
  return { uidValidity, modSeq, knownUids, match };
}

function parseMatch(scanner: Scanner): QresyncParameters['match'] {
  scanner.expect('(');
  const seqs = plainSet(scanner);
  scanner.space();
  const uids = plainSet(scanner);
  scanner.expect(')');
  if (seqs.size !== uids.size) throw new ImapSyntaxError('message numbers and UIDs are not of the same count');
  return { seqs, uids };
}

/** RFC 7162 section 7: neither `*` nor `$`. */
function plainSet(scanner: Scanner): UidSet {
  const set = scanner.sequenceSet();
  if (set.hasStar || set.saved) throw new ImapSyntaxError('expected a set of numbers');
  return set.resolve(0);
}
