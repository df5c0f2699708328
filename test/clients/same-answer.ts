/** Two servers' answers to one question, and in which of its values they differ. */

import type { RawResponse, ResponseTree } from './response-tree.ts';

/** One value in which the answers differ. */
export interface Difference {
  /** Name of the message, or of the mailbox when it was searched. */
  readonly mail: string;
  /** The FETCH item, or the command. */
  readonly item: string;
  /** Where in the value, from outside inwards. */
  readonly at: readonly number[];
  /** `undefined`: there was no answer. */
  readonly ours: ResponseTree | undefined;
  readonly theirs: ResponseTree | undefined;
}

/** All values in which two trees differ that mean different things. */
export function* differences(
  mail: string,
  item: string,
  ours: ResponseTree | undefined,
  theirs: ResponseTree | undefined,
  at: readonly number[] = [],
): Generator<Difference> {
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length && item !== 'FLAGS') {
    for (const [i, value] of ours.entries()) yield* differences(mail, item, value, theirs[i], [...at, i]);
  } else if (meaning(item, ours, at) !== meaning(item, theirs, at)) {
    yield { mail, item, at, ours, theirs };
  }
}

/** A value without what makes no difference. */
function meaning(item: string, value: ResponseTree | undefined, at: readonly number[]): string {
  const text = JSON.stringify(value) ?? 'nothing';
  // RFC 5322 section 2.2.3: a folded value is one line; how much white space is kept in it is not said.
  if (item === 'ENVELOPE') return withoutSpaces(text);
  if (item === 'INTERNALDATE') return text.replace(/^" /, '"0');
  // RFC 9051 has no \\Recent any more; flags have no order.
  if (item === 'FLAGS') return String((value as readonly string[]).filter((flag) => flag !== '\\Recent').sort());
  if (item !== 'BODY' && item !== 'BODYSTRUCTURE') return text;
  // RFC 2045 sections 5.1 and 6.1, RFC 2183 section 2: types, names of parameters and encodings are told in any case.
  return (at.length > 1 && at.includes(7) ? withoutSpaces(text) : text).toLowerCase();
}

const withoutSpaces = (text: string): string => text.replace(/(?: |\\t)+/g, ' ').replace(/^" | "$/g, '"');

/** The answer to SEARCH, SORT or THREAD, such that equal answers are equal texts. */
export function searchAnswer(untagged: readonly RawResponse[]): string {
  const lines = untagged.map(({ text }) => text).filter((text) => /^\* (?:SEARCH|ESEARCH|SORT|THREAD)\b/.test(text));
  return lines
    .map((line) =>
      line.replace(/^\* ESEARCH \(TAG "[^"]*"\)/, '* ESEARCH').replace(/ ALL (\S+)/, (_, set) => ` ALL ${unfold(set)}`),
    )
    .map((line) =>
      line.startsWith('* ESEARCH')
        ? line
            .split(/ (?=UID|MIN|MAX|ALL|COUNT)/)
            .sort()
            .join(' ')
        : line,
    )
    .join('\n')
    .trimEnd();
}

/** `1:3,5` as `1,2,3,5`. */
function unfold(set: string): string {
  const numbers = set.split(',').flatMap((range) => {
    const [a, b = a] = range.split(':').map(Number) as [number, number?];
    const step = a <= b ? 1 : -1;
    return Array.from({ length: Math.abs(b - a) + 1 }, (_, i) => a + i * step);
  });
  return numbers.join(',');
}
