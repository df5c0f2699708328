/** Segments merged: what they had is found, but for contents that are gone; and little of it is in memory. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContentText } from '../../src/terms/build-segment.ts';
import { mergeSegments } from '../../src/terms/merge-segments.ts';
import {
  build,
  findField,
  findFieldNaively,
  findWord,
  findWordNaively,
  type KeptSegment,
  merge,
  NO_TEXT,
  someContents,
  sourceOf,
} from './segment-store.ts';

const nothing = async (): Promise<void> => {};

function numbered(count: number, from = 1): ContentText[] {
  return Array.from({ length: count }, (_, i) => ({
    contentId: from + i,
    text: {
      ...NO_TEXT,
      from: `sender ${i % 7}`,
      subject: `subject ${i}`,
      header: `subject ${i}`,
      body: `all w${i} v${i % 50}`,
    },
  }));
}

describe('mergeSegments', () => {
  it('leaves what a look into every text finds, whatever was merged and removed before', async () => {
    const merges = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 })), {
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(
        someContents,
        fc.integer({ min: 1, max: 6 }),
        merges,
        fc.constantFrom(1, 60, 65_536),
        async (texts, batch, steps, size) => {
          let alive = texts;
          let segments: KeptSegment[] = [];
          for (let at = 0; at < texts.length; at += batch)
            segments.push(await build(texts.slice(at, at + batch), size));
          for (const [place, count, every] of steps) {
            const from = place % segments.length;
            const merged = segments.slice(from, from + count);
            const covers = (id: number): boolean =>
              id >= (merged[0]?.entry.firstId ?? 0) && id <= (merged.at(-1)?.entry.lastId ?? 0);
            alive = alive.filter(({ contentId }) => !covers(contentId) || contentId % (every + 1) !== 0);
            const result = await merge(merged, (id) => id % (every + 1) !== 0, size);
            expect(result.entry).toMatchObject({
              firstId: merged[0]?.entry.firstId,
              lastId: merged.at(-1)?.entry.lastId,
              contents: alive.filter(({ contentId }) => covers(contentId)).length,
              fieldBlocks: result.fields.length,
            });
            expect(result.entry.fences).toHaveLength(result.words.length);
            segments = [...segments.slice(0, from), result, ...segments.slice(from + count)];
          }
          for (const { text } of texts.slice(0, 6)) {
            for (const word of `${text.body} ${text.header}`
              .split(' ')
              .filter((one) => one !== '')
              .slice(0, 4)) {
              for (const where of ['body', 'text'] as const)
                expect(await findWord(segments, word, where)).toEqual(findWordNaively(alive, word, where));
            }
            const wanted = [...text.subject].slice(0, 3).join('');
            expect(await findField(segments, 'subject', wanted)).toEqual(findFieldNaively(alive, 'subject', wanted));
          }
        },
      ),
      { numRuns: 120 },
    );
  });

  it('gives the same blocks as if all contents had come at once', async () => {
    const texts = numbered(300);
    const parts = await Promise.all([0, 100, 200].map((from) => build(texts.slice(from, from + 100), 65_536)));
    const merged = await merge(parts, () => true, 65_536);
    const whole = await build(texts, 65_536);
    expect(merged.entry).toEqual(whole.entry);
    expect(merged.words.map((block) => block.toString())).toEqual(whole.words.map((block) => block.toString()));
    expect(await merge([whole], () => true, 65_536)).toEqual(whole);
  });

  it('leaves no blocks when no content stays, and takes such a segment again', async () => {
    const empty = await merge([await build(numbered(20), 100)], () => false, 100);
    expect(empty).toEqual({
      entry: { firstId: 1, lastId: 20, contents: 0, fences: [], fieldBlocks: 0 },
      words: [],
      fields: [],
    });
    const full = await build(numbered(20, 21), 100);
    const { entry } = await merge([empty, full], () => true, 100);
    expect(entry).toMatchObject({ firstId: 1, lastId: 40, contents: 20 });
  });

  it('asks for each content once, in order', async () => {
    const parts = [await build(numbered(30), 100), await build(numbered(30, 40), 100)];
    const asked: number[] = [];
    await merge(parts, (id) => asked.push(id) > 0, 100);
    expect(asked).toEqual([...numbered(30), ...numbered(30, 40)].map(({ contentId }) => contentId));
  });

  it('has one block of each segment at a time, and writes what is finished before it reads on', async () => {
    const parts = await Promise.all([1, 401, 801].map((from) => build(numbered(400, from), 512)));
    let read = 0;
    let written = 0;
    let most = 0;
    async function* counted(blocks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for (const block of blocks) {
        read += block.length;
        most = Math.max(most, read - written);
        yield block;
      }
    }
    const sources = parts.map((part) => ({
      ...sourceOf(part),
      wordBlocks: counted(part.words),
      fieldBlocks: counted(part.fields),
    }));
    let waiting = 0;
    await mergeSegments(sources, {
      isAlive: () => true,
      blockOctets: 512,
      write: async ({ octets }) => {
        expect(++waiting).toBe(1);
        await new Promise(setImmediate);
        written += octets.length;
        waiting--;
      },
    });
    expect(written).toBeGreaterThan(20_000);
    // Terms that the segments share, and fields packed anew, take less than before: so the two sums go apart a little.
    expect(most).toBeLessThan(12_000);
  });

  it('refuses segments that are not in order', async () => {
    const [first, second] = [await build(numbered(5), 100), await build(numbered(5, 6), 100)];
    for (const segments of [[], [second, first], [first, first]])
      await expect(merge(segments, () => true, 100)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('notices blocks that are missing, twice there, or of another segment', async () => {
    const part = await build(numbered(200), 512);
    const other = await build(numbered(200, 2), 512);
    const wrong: KeptSegment[] = [
      { ...part, words: part.words.slice(1) },
      { ...part, words: part.words.slice(0, -1) },
      { ...part, fields: part.fields.slice(1) },
      { ...part, fields: [...part.fields, part.fields[0] as Uint8Array] },
      { ...part, words: part.words.toSorted(() => -1) },
      { ...part, fields: part.fields.toReversed() },
      { ...part, words: part.words.map((block, i) => (i === 1 ? (other.words[1] as Uint8Array) : block)) },
      { ...part, words: part.fields },
      { ...part, entry: { ...part.entry, lastId: 199 } },
    ];
    for (const segment of wrong)
      await expect(merge([segment], () => true, 512)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  it('ends the reading of all blocks when it fails', async () => {
    const part = await build(numbered(200), 512);
    let open = 0;
    async function* source(blocks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      open++;
      try {
        yield* blocks;
      } finally {
        open--;
      }
    }
    for (const failing of ['word', 'field']) {
      const sources = [{ entry: part.entry, wordBlocks: source(part.words), fieldBlocks: source(part.fields) }];
      const write = async ({ kind }: { kind: string }): Promise<void> => {
        if (kind === failing) throw new Error('no room');
      };
      await expect(mergeSegments(sources, { isAlive: () => true, blockOctets: 512, write })).rejects.toThrow('no room');
      expect(open).toBe(0);
    }
  });

  it('gives others turns', async () => {
    const parts = await Promise.all([1, 2001].map((from) => build(numbered(2000, from), 65_536)));
    let turns = 0;
    let waiting = true;
    const count = (): void => {
      turns++;
      if (waiting) setImmediate(count);
    };
    setImmediate(count);
    await mergeSegments(
      parts.map((part) => sourceOf(part)),
      { isAlive: () => true, write: nothing },
    );
    waiting = false;
    expect(turns).toBeGreaterThan(5);
  });
});
