/** The arguments of ESEARCH. RFC 7377 section 4. */

import { ImapSyntaxError } from './imap-syntax-error.ts';
import { type MailboxFilter, parseMailboxFilter } from './mailbox-filter.ts';
import type { Scanner } from './scanner.ts';
import { parseProgram, type SearchArguments } from './search-program.ts';
import { parseReturn } from './search-return.ts';

/** Arguments of ESEARCH. */
export interface MultiSearchArguments extends SearchArguments {
  /** `selected` where none are named. */
  readonly sources: readonly MailboxFilter[];
}

/** Most filters. */
const MAX_SOURCES = 100;

/** Reads from the space before the first argument to the end. @throws ImapSyntaxError */
export function parseMultiSearch(scanner: Scanner): MultiSearchArguments {
  scanner.space();
  const sources = scanner.tryWord('IN') ? parseSources(scanner) : [{ kind: 'selected' } as const];
  return { sources, ...parseProgram(scanner, parseReturn(scanner)) };
}

function parseSources(scanner: Scanner): MailboxFilter[] {
  scanner.space();
  scanner.expect('(');
  const sources: MailboxFilter[] = [];
  do {
    // Scope options: there are none yet.
    if (scanner.peek() === '(') throw new ImapSyntaxError('there are no scope options');
    sources.push(parseMailboxFilter(scanner));
  } while (scanner.trySpace());
  scanner.expect(')');
  scanner.space();
  if (sources.some(({ kind }) => kind === 'selected-delayed'))
    throw new ImapSyntaxError('selected-delayed is for NOTIFY');
  if (sources.length > MAX_SOURCES) throw new ImapSyntaxError(`more than ${MAX_SOURCES} filters`);
  return sources;
}
