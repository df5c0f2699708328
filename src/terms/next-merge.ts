/** Which segments of the search index are merged next. */

/** A segment as the choice sees it. */
export interface MergeCandidate {
  /** Contents in it, those included that were removed since. */
  readonly contents: number;
  /** How many of them were removed since. */
  readonly removed: number;
}

/** Segments in a row, by their places in the list. */
export interface MergeChoice {
  /** Inclusive. */
  readonly from: number;
  /** Exclusive; a single segment is rewritten alone. */
  readonly to: number;
}

/** So many neighbours of one tier become one of the next; a segment of tier t has from FAN^t to FAN^(t+1)-1 contents. */
const FAN = 8;

/** Segments that are merged at once; each needs a block in memory, and a look for each term. */
const MAX_SOURCES = 64;

/**
 * What to merge next among the segments of an account, in the order of their ids; `null` when nothing need be. Once
 * nothing need be, n contents lie in at most 7 segments for each power of 8 up to n, larger ones first, and each content
 * was rewritten about once for each of those powers.
 *
 * - A segment more than half of whose contents are gone is rewritten alone.
 * - Smaller segments before a larger one join it, so that tiers never rise from left to right.
 * - Eight neighbours of a tier become one of the next; and when it will be the eighth there, these join at once.
 */
export function nextMerge(segments: readonly MergeCandidate[]): MergeChoice | null {
  const sparse = segments.findIndex(({ contents, removed }) => removed * 2 > contents);
  if (sparse >= 0) return { from: sparse, to: sparse + 1 };
  const tiers = segments.map(({ contents }) => tierOf(contents));
  return risingTiers(tiers) ?? fullTier(tiers);
}

function tierOf(contents: number): number {
  let tier = 0;
  for (let size = FAN; size <= contents; size *= FAN) tier++;
  return tier;
}

/** The last segment that has smaller ones right before it, with these. */
function risingTiers(tiers: readonly number[]): MergeChoice | null {
  const larger = tiers.findLastIndex((tier, i) => i > 0 && (tiers[i - 1] as number) < tier);
  if (larger < 0) return null;
  let from = larger;
  while (from > 0 && (tiers[from - 1] as number) < (tiers[larger] as number)) from--;
  // Too many at once: the smaller ones first, so that the larger one is rewritten only once.
  return { from, to: Math.min(larger + 1, from + MAX_SOURCES) };
}

/** The lowest tier that is full, in a list whose tiers never rise. */
function fullTier(tiers: readonly number[]): MergeChoice | null {
  let to = tiers.length;
  while (to > 0) {
    const tier = tiers[to - 1] as number;
    let from = tiers.indexOf(tier);
    if (to - from >= FAN) {
      to = Math.min(to, from + MAX_SOURCES);
      for (let above = tier + 1; to - from < MAX_SOURCES; above++) {
        const first = tiers.indexOf(above);
        if (first < 0 || from - first < FAN - 1 || to - first > MAX_SOURCES) break;
        from = first;
      }
      return { from, to };
    }
    to = from;
  }
  return null;
}
