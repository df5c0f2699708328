/** Octets of a body that need not go through the splitter. */

/** Fewer octets than this are not worth a way around the splitter. */
export const MIN_BYPASS = 2048;
/** Octets at both ends of what goes around that the splitter sees. */
const MARGIN = 1024;
const TAIL = 6;

const LF = 0x0a;
const SPACE = 0x20;
const DASH = 0x2d;

/** Octets that go around the splitter. */
export interface Gap {
  /** What goes around the splitter. */
  readonly start: number;
  readonly end: number;
  /** Up to where the splitter gets what follows. */
  readonly after: number;
}

/**
 * Finds octets inside the body of a leaf that cannot hold a delimiter line, as none of their lines begins with two
 * dashes. They start in a line that begins with something else, so that this line, put together by the splitter with
 * the one in which they end, is no delimiter either.
 */
export function findGap(octets: Buffer, end: number): Gap | null {
  const lf = octets.indexOf(LF);
  if (lf < 0 || lf > MARGIN || lf + 3 > end) return null;
  const first = octets[lf + 1] as number;
  if (first <= SPACE || first === DASH || (octets[lf + 2] as number) <= SPACE) return null;
  const start = lf + 3;
  const dashes = dashesAfterBreak(octets, lf);
  // The line ending before the dashes is for the splitter, and an octet of the body before it: the gap is inside then.
  const stop = dashes < 0 || dashes >= end ? end - TAIL : dashes - 2;
  if (stop - start < MIN_BYPASS) return null;
  return { start, end: stop, after: dashes < 0 || dashes >= end ? end : Math.min(end, dashes + MARGIN) };
}

/** The line break before the first two dashes that begin a line, or -1. */
function dashesAfterBreak(octets: Buffer, from: number): number {
  // Base64 has no dash, and one character is found much faster than a line break, of which there are many.
  const first = octets.indexOf('--', from);
  if (first < 0) return -1;
  return octets.indexOf('\n--', first - 1);
}
