/** The choice of merges: few segments, few rewrites, whatever arrives and goes. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextMerge } from '../../src/terms/next-merge.ts';

interface Counted {
  contents: number;
  removed: number;
}

/** Merges until nothing need be; gives how many contents were written. */
function settle(segments: Counted[]): number {
  let written = 0;
  for (let step = 0; ; step++) {
    expect(step).toBeLessThan(1000);
    const choice = nextMerge(segments);
    if (!choice) return written;
    expect(choice.to - choice.from).toBeGreaterThan(0);
    expect(choice.to - choice.from).toBeLessThanOrEqual(64);
    const merged = segments.slice(choice.from, choice.to);
    expect(merged.length > 1 || (merged[0]?.removed ?? 0) > 0).toBe(true);
    const contents = merged.reduce((sum, segment) => sum + segment.contents - segment.removed, 0);
    written += contents;
    segments.splice(choice.from, merged.length, { contents, removed: 0 });
  }
}

const tiersUpTo = (contents: number): number => 1 + Math.floor(Math.log(Math.max(1, contents)) / Math.log(8));

describe('nextMerge', () => {
  it('wants nothing of few segments', () => {
    expect(nextMerge([])).toBeNull();
    expect(nextMerge([{ contents: 100, removed: 0 }])).toBeNull();
    expect(nextMerge(Array.from({ length: 7 }, () => ({ contents: 1, removed: 0 })))).toBeNull();
  });

  it('makes one of eight, and of more at once what would be eight again', () => {
    const ones = Array.from({ length: 8 }, () => ({ contents: 1, removed: 0 }));
    expect(nextMerge(ones)).toEqual({ from: 0, to: 8 });
    const eights = Array.from({ length: 7 }, () => ({ contents: 8, removed: 0 }));
    expect(nextMerge([{ contents: 600, removed: 0 }, ...eights, ...ones])).toEqual({ from: 1, to: 16 });
    expect(nextMerge([...eights.slice(1), ...ones])).toEqual({ from: 6, to: 14 });
  });

  it('puts smaller segments to a larger one after them', () => {
    const sizes = [5000, 70, 3, 1, 90, 2];
    expect(nextMerge(sizes.map((contents) => ({ contents, removed: 0 })))).toEqual({ from: 2, to: 5 });
  });

  it('rewrites a segment that is mostly gone', () => {
    const segment = (contents: number, removed: number): Counted => ({ contents, removed });
    expect(nextMerge([segment(100, 50), segment(10, 6), segment(1, 0)])).toEqual({ from: 1, to: 2 });
    expect(nextMerge([segment(1, 1)])).toEqual({ from: 0, to: 1 });
    expect(nextMerge([segment(0, 0)])).toBeNull();
  });

  it('keeps segments and rewrites few when contents come one by one', () => {
    const segments: Counted[] = [];
    let written = 0;
    let most = 0;
    for (let i = 0; i < 20_000; i++) {
      segments.push({ contents: 1, removed: 0 });
      written += settle(segments);
      most = Math.max(most, segments.length);
    }
    expect(most).toBeLessThanOrEqual(7 * tiersUpTo(20_000));
    expect(written / 20_000).toBeLessThan(tiersUpTo(20_000));
  });

  it('keeps both few when they come in any batches, and deals with a pile', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 500 }), fc.constantFrom(1, 1, 1, 7, 8, 64)), {
      minLength: 1,
      maxLength: 600,
    });
    fc.assert(
      fc.property(sizes, fc.boolean(), (batches, atOnce) => {
        const segments: Counted[] = [];
        const total = batches.reduce((sum, size) => sum + size, 0);
        let written = 0;
        for (const contents of batches) {
          segments.push({ contents, removed: 0 });
          if (!atOnce) written += settle(segments);
        }
        written += settle(segments);
        expect(segments.length).toBeLessThanOrEqual(7 * tiersUpTo(total));
        expect(written / total).toBeLessThan(2 * tiersUpTo(total) + 1);
        expect(segments.reduce((sum, { contents }) => sum + contents, 0)).toBe(total);
      }),
      { numRuns: 60 },
    );
  });

  it('rewrites at most some times what was removed when contents go', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 100 })), { maxLength: 60 }), (removals) => {
        const segments: Counted[] = [];
        for (let i = 0; i < 300; i++) {
          segments.push({ contents: 100, removed: 0 });
          settle(segments);
        }
        let removed = 0;
        let written = 0;
        for (const [place, percent] of removals) {
          const segment = segments[place % segments.length] as Counted;
          const more = Math.floor(((segment.contents - segment.removed) * percent) / 100);
          segment.removed += more;
          removed += more;
          written += settle(segments);
        }
        // A rewrite drops more than it keeps; the rest may join a larger neighbour, eight times as large at most.
        expect(written).toBeLessThanOrEqual(20 * removed);
        expect(segments.every((segment) => segment.removed * 2 <= segment.contents)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
