/** One segment: everything that is in it is found, and nothing else, in few blocks. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildSegment } from '../../src/terms/build-segment.ts';
import { matchWords } from '../../src/terms/match-words.ts';
import { wordBlocksFor } from '../../src/terms/term-segment.ts';
import {
  aFieldText,
  aWord,
  build,
  findField,
  findFieldNaively,
  findWord,
  findWordNaively,
  NO_TEXT,
  someContents,
} from './segment-store.ts';

const blockOctets = fc.constantFrom(1, 40, 200, 65_536);
const space = fc.constantFrom('body' as const, 'text' as const);

describe('words', () => {
  it('are found as a look into every text finds them', async () => {
    await fc.assert(
      fc.asyncProperty(
        someContents,
        blockOctets,
        fc.array(aWord, { maxLength: 3 }),
        space,
        async (texts, size, extra, where) => {
          const segment = await build(texts, size);
          expect(segment.words.length).toBe(segment.entry.fences.length);
          const present = texts.flatMap(({ text }) =>
            `${text.header} ${text.body}`.split(' ').filter((word) => word !== ''),
          );
          const beginnings = present.slice(0, 8).map((word) => [...word].slice(0, 1 + (word.length % 3)).join(''));
          for (const word of [...extra, ...present.slice(-8), ...beginnings])
            expect(await findWord([segment], word, where)).toEqual(findWordNaively(texts, word, where));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('lie in the blocks that the fences tell, which are no more than one too many', async () => {
    await fc.assert(
      fc.asyncProperty(someContents, fc.constantFrom(1, 40, 200), aWord, async (texts, size, word) => {
        const { entry, words } = await build(texts, size);
        const { from, to } = wordBlocksFor(entry, word);
        const holding = await Promise.all(
          words.map(async (block) => (await matchWords([block], word, 'text')).length > 0),
        );
        expect(holding.slice(0, from)).not.toContain(true);
        expect(holding.slice(to)).not.toContain(true);
        // The first may only end before the word; all between the first and the last have it.
        expect(holding.slice(from + 1, to - 1)).not.toContain(false);
      }),
      { numRuns: 150 },
    );
  });

  it('come once for a content that has them often', async () => {
    const body = 'word other word word';
    const segment = await build([{ contentId: 7, text: { ...NO_TEXT, header: 'word', body } }], 65_536);
    expect(await findWord([segment], 'word', 'body')).toEqual([7]);
    expect(segment.words[0]?.length).toBeLessThan(30);
  });

  it('count up to 128 UTF-16 code units, and not half a character', async () => {
    const long = 'x'.repeat(128);
    const split = `${'y'.repeat(127)}\u{1f600}`;
    const texts = [
      { contentId: 1, text: { ...NO_TEXT, body: `${long}a ${'z'.repeat(300_000)}` } },
      { contentId: 2, text: { ...NO_TEXT, body: split } },
      { contentId: 3, text: { ...NO_TEXT, body: '\ud83d' } },
    ];
    const segment = await build(texts, 65_536);
    for (const word of ['x', long, `${long}a`, `${long}b`])
      expect(await findWord([segment], word, 'body')).toEqual([1]);
    for (const word of ['y'.repeat(127), split, `${split}b`])
      expect(await findWord([segment], word, 'body')).toEqual([2]);
    expect(await findWord([segment], 'z'.repeat(129), 'body')).toEqual([1]);
    expect(await findWord([segment], 'y'.repeat(128), 'body')).toEqual([]);
    expect(await findWord([segment], '\ufffd', 'body')).toEqual([3]);
    expect(Math.max(...segment.entry.fences.map((fence) => fence.length))).toBe(0);
  });

  it('with postings longer than a block are split over blocks', async () => {
    const texts = Array.from({ length: 3000 }, (_, i) => ({
      contentId: 1 + i * 1000,
      text: { ...NO_TEXT, body: i % 2 === 0 ? 'common' : 'common uncommon', header: i % 3 === 0 ? 'common' : '' },
    }));
    const segment = await build(texts, 1024);
    expect(segment.entry.fences.filter((fence) => fence === 'common').length).toBeGreaterThan(3);
    expect(Math.max(...segment.words.map((block) => block.length))).toBeLessThan(1024 + 400);
    expect(await findWord([segment], 'common', 'body')).toEqual(texts.map(({ contentId }) => contentId));
    expect(await findWord([segment], 'unc', 'body')).toHaveLength(1500);
  });

  it('of ids up to 2^48', async () => {
    const texts = [1, 2 ** 31, 2 ** 32 + 5, 2 ** 48].map((contentId) => ({
      contentId,
      text: { ...NO_TEXT, body: 'far' },
    }));
    const segment = await build(texts, 65_536);
    expect(await findWord([segment], 'far', 'body')).toEqual([1, 2 ** 31, 2 ** 32 + 5, 2 ** 48]);
    expect(await findField([segment], 'to', '')).toEqual([1, 2 ** 31, 2 ** 32 + 5, 2 ** 48]);
  });
});

describe('fields', () => {
  it('are found as a look into every text finds them', async () => {
    const field = fc.constantFrom('from' as const, 'to' as const, 'cc' as const, 'bcc' as const, 'subject' as const);
    await fc.assert(
      fc.asyncProperty(someContents, blockOctets, aFieldText, field, async (texts, size, extra, where) => {
        const segment = await build(texts, size);
        expect(segment.fields.length).toBe(segment.entry.fieldBlocks);
        const characters = [...(texts[0]?.text[where] ?? '')];
        for (const wanted of [
          extra,
          characters.slice(1).join(''),
          characters.slice(0, 2).join(''),
          'a',
          'a\n',
          '\n',
          '\0',
        ])
          expect(await findField([segment], where, wanted)).toEqual(findFieldNaively(texts, where, wanted));
      }),
      { numRuns: 150 },
    );
  });

  it('that repeat take little', async () => {
    const texts = Array.from({ length: 1000 }, (_, i) => ({
      contentId: i + 1,
      text: {
        ...NO_TEXT,
        from: `somebody number ${i % 20} <somebody${i % 20}@made.example>`,
        to: 'me <me@made.example>',
      },
    }));
    const { fields } = await build(texts, 65_536);
    expect(fields.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(4000);
  });

  it('of any length fit in a block, and are searched in their first 160 KB', async () => {
    let state = 1;
    const noise = Array.from({ length: 400_000 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return String.fromCharCode(0x4e00 + (state >>> 18));
    }).join('');
    const piece = (from: number): string => noise.slice(from, from + 80_000);
    const text = {
      ...NO_TEXT,
      from: piece(0),
      to: piece(80_000),
      cc: piece(160_000),
      bcc: piece(240_000),
      subject: piece(320_000),
    };
    const texts = Array.from({ length: 12 }, (_, i) => ({
      contentId: i + 1,
      text: i % 2 === 0 ? { ...NO_TEXT, subject: noise.slice(i * 1000, i * 1000 + 2000) } : text,
    }));
    const segment = await build(texts, 65_536);
    expect(Math.max(...segment.fields.map((block) => block.length))).toBeLessThanOrEqual(1024 * 1024);
    expect(Math.max(...segment.fields.map((block) => block.length))).toBeGreaterThan(500_000);
    const found = await findField([segment], 'subject', text.subject.slice(50_000, 54_600));
    expect(found).toEqual(texts.filter((_, i) => i % 2 === 1).map(({ contentId }) => contentId));
    expect(await findField([segment], 'subject', text.subject.slice(54_600, 54_700))).toEqual([]);
  });
});

describe('buildSegment', () => {
  it('takes contents in order of ids from 1 to 2^48, at least one', async () => {
    const text = NO_TEXT;
    for (const ids of [[], [0], [2, 2], [3, 2], [1.5], [2 ** 48 + 2]]) {
      const texts = ids.map((contentId) => ({ contentId, text }));
      await expect(buildSegment(texts)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  it('covers its contents', async () => {
    const { entry } = await buildSegment([5, 9, 12].map((contentId) => ({ contentId, text: NO_TEXT })));
    expect(entry).toEqual({ firstId: 5, lastId: 12, contents: 3, fences: [], fieldBlocks: 1 });
  });

  it('gives others turns', async () => {
    const body = Array.from({ length: 150_000 }, (_, i) => (i * 7919).toString(36)).join(' ');
    let turns = 0;
    let waiting = true;
    const count = (): void => {
      turns++;
      if (waiting) setImmediate(count);
    };
    setImmediate(count);
    await buildSegment([{ contentId: 1, text: { ...NO_TEXT, body } }]);
    waiting = false;
    expect(turns).toBeGreaterThan(8);
  });
});
