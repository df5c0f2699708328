/** The base subject, by which messages are threaded and sorted. RFC 5256 section 2.1. */

const TRAILER = '(fwd)';
const LEADER = /^(?:re|fwd?)[ \t]*(?:\[[^[\]]*\][ \t]*)?:[ \t]*/i;
const BLOB = /^\[[^[\]]*\][ \t]*/;
const FORWARD_HEADER = '[fwd:';

/** Longest subject that is taken apart; of a longer one the beginning counts. */
const MAX_SUBJECT = 4096;

/** A subject taken apart. */
export interface SubjectParts {
  /** Without `Re:`, `Fwd:`, `[list]` and `(fwd)`. */
  readonly base: string;
  /** One of these was there (but `[list]`), so that the message is a reply or was forwarded. RFC 5256 section 3. */
  readonly isReply: boolean;
}

/**
 * The subject without `Re:`, `Fwd:`, `[list]` and `(fwd)`.
 *
 * @param subject decoded to Unicode
 */
export function baseSubject(subject: string): string {
  return subjectParts(subject).base;
}

/** The same, and whether it says that the message is a reply. @param subject decoded to Unicode */
export function subjectParts(subject: string): SubjectParts {
  let base = subject.slice(0, MAX_SUBJECT).replace(/\s+/g, ' ').trim();
  let isReply = false;
  for (;;) {
    const shorter = stripTrailers(base);
    const stripped = stripLeaders(shorter);
    isReply ||= shorter !== base.trimEnd() || stripped.isReply;
    base = stripped.base;
    // Step 6: a forwarded subject in brackets is one inside another.
    if (!base.toLowerCase().startsWith(FORWARD_HEADER) || !base.endsWith(']')) return { base, isReply };
    base = base.slice(FORWARD_HEADER.length, -1).trim();
    isReply = true;
  }
}

/** Step 2. */
function stripTrailers(subject: string): string {
  let base = subject.trimEnd();
  while (base.toLowerCase().endsWith(TRAILER)) base = base.slice(0, -TRAILER.length).trimEnd();
  return base;
}

/** Steps 3 to 5. */
function stripLeaders(subject: string): SubjectParts {
  let base = subject.trimStart();
  let isReply = false;
  for (;;) {
    // A leader is blobs and then `Re:`.
    const afterBlobs = stripBlobs(base);
    const afterLeader = afterBlobs.replace(LEADER, '');
    if (afterLeader !== afterBlobs) {
      base = afterLeader;
      isReply = true;
      continue;
    }
    // Step 4: a blob goes only when something remains.
    const blob = BLOB.exec(base)?.[0];
    if (blob === undefined || blob.length === base.length) return { base, isReply };
    base = base.slice(blob.length);
  }
}

function stripBlobs(subject: string): string {
  let rest = subject;
  for (let blob = BLOB.exec(rest); blob !== null; blob = BLOB.exec(rest)) rest = rest.slice(blob[0].length);
  return rest;
}
