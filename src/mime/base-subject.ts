/** The base subject, by which messages are threaded and sorted. RFC 5256 section 2.1. */

const TRAILER = '(fwd)';
const LEADER = /^(?:re|fwd?)[ \t]*(?:\[[^[\]]*\][ \t]*)?:[ \t]*/i;
const BLOB = /^\[[^[\]]*\][ \t]*/;
const FORWARD_HEADER = '[fwd:';

/** Longest subject that is taken apart; of a longer one the beginning counts. */
const MAX_SUBJECT = 4096;

/**
 * The subject without `Re:`, `Fwd:`, `[list]` and `(fwd)`.
 *
 * @param subject decoded to Unicode
 */
export function baseSubject(subject: string): string {
  let base = subject.slice(0, MAX_SUBJECT).replace(/\s+/g, ' ').trim();
  for (;;) {
    base = stripLeaders(stripTrailers(base));
    // Step 6: a forwarded subject in brackets is one inside another.
    if (!base.toLowerCase().startsWith(FORWARD_HEADER) || !base.endsWith(']')) return base;
    base = base.slice(FORWARD_HEADER.length, -1).trim();
  }
}

/** Step 2. */
function stripTrailers(subject: string): string {
  let base = subject.trimEnd();
  while (base.toLowerCase().endsWith(TRAILER)) base = base.slice(0, -TRAILER.length).trimEnd();
  return base;
}

/** Steps 3 to 5. */
function stripLeaders(subject: string): string {
  let base = subject.trimStart();
  for (;;) {
    // A leader is blobs and then `Re:`.
    const afterBlobs = stripBlobs(base);
    const afterLeader = afterBlobs.replace(LEADER, '');
    if (afterLeader !== afterBlobs) {
      base = afterLeader;
      continue;
    }
    // Step 4: a blob goes only when something remains.
    const blob = BLOB.exec(base)?.[0];
    if (blob === undefined || blob.length === base.length) return base;
    base = base.slice(blob.length);
  }
}

function stripBlobs(subject: string): string {
  let rest = subject;
  for (let blob = BLOB.exec(rest); blob !== null; blob = BLOB.exec(rest)) rest = rest.slice(blob[0].length);
  return rest;
}
