/** Segments of the search index kept in memory, and the same questions answered by looking at every text. */

import fc from 'fast-check';
import type { SearchText } from '../../src/model/content.ts';
import { buildSegment, type ContentText } from '../../src/terms/build-segment.ts';
import { matchField } from '../../src/terms/match-field.ts';
import { matchWords } from '../../src/terms/match-words.ts';
import type { MergeSource } from '../../src/terms/merge.ts';
import { mergeSegments } from '../../src/terms/merge-segments.ts';
import {
  type SearchField,
  type SegmentBlock,
  type SegmentEntry,
  type WordSpace,
  wordBlocksFor,
} from '../../src/terms/term-segment.ts';

/** A segment and its blocks, each at its number. */
export interface KeptSegment {
  readonly entry: SegmentEntry;
  readonly words: Uint8Array[];
  readonly fields: Uint8Array[];
}

export function keep(entry: SegmentEntry, blocks: readonly SegmentBlock[]): KeptSegment {
  const kept: KeptSegment = { entry, words: [], fields: [] };
  for (const { kind, number, octets } of blocks) (kind === 'word' ? kept.words : kept.fields)[number] = octets;
  return kept;
}

export async function build(texts: readonly ContentText[], blockOctets: number): Promise<KeptSegment> {
  const { entry, blocks } = await buildSegment(texts, { blockOctets });
  return keep(entry, blocks);
}

export function sourceOf({ entry, words, fields }: KeptSegment): MergeSource {
  return { entry, wordBlocks: words, fieldBlocks: fields };
}

export async function merge(
  segments: readonly KeptSegment[],
  isAlive: (id: number) => boolean,
  blockOctets: number,
): Promise<KeptSegment> {
  const blocks: SegmentBlock[] = [];
  const write = async (block: SegmentBlock): Promise<void> => void blocks.push(block);
  return keep(await mergeSegments(segments.map(sourceOf), { isAlive, write, blockOctets }), blocks);
}

export async function findWord(segments: readonly KeptSegment[], word: string, space: WordSpace): Promise<number[]> {
  const blocks = segments.flatMap(({ entry, words }) => {
    const { from, to } = wordBlocksFor(entry, word);
    return words.slice(from, to);
  });
  return [...(await matchWords(blocks, word, space))];
}

export async function findField(segments: readonly KeptSegment[], field: SearchField, text: string): Promise<number[]> {
  return [
    ...(await matchField(
      segments.flatMap(({ fields }) => fields),
      field,
      text,
    )),
  ];
}

export function findWordNaively(texts: readonly ContentText[], word: string, space: WordSpace): number[] {
  const has = (words: string): boolean => words.split(' ').some((one) => one.startsWith(word));
  return texts
    .filter(({ text }) => has(text.body) || (space === 'text' && has(text.header)))
    .map(({ contentId }) => contentId);
}

export function findFieldNaively(texts: readonly ContentText[], field: SearchField, wanted: string): number[] {
  return texts.filter(({ text }) => text[field].includes(wanted)).map(({ contentId }) => contentId);
}

export const NO_TEXT: SearchText = { from: '', to: '', cc: '', bcc: '', subject: '', header: '', body: '' };

/** Words that often begin alike, of one to four octets a character, some around U+E000 and beyond U+FFFF. */
export const aWord: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.string({
      unit: fc.constantFrom(...'abé語\ue000\uffee\u{10400}\u{1f600}\0'),
      minLength: 1,
      maxLength: 6,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).map((text) => text.replaceAll(' ', '_')),
  },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 40 }) },
);

const someWords = fc.array(aWord, { maxLength: 12 }).map((list) => list.join(' '));

/** Field texts with all that may disturb: NUL, line ends, characters of several octets. */
export const aFieldText: fc.Arbitrary<string> = fc.oneof(
  fc.constant(''),
  fc.string({ unit: fc.constantFrom(...'ab\n\0 é\u{1f600}'), maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);

export const aText: fc.Arbitrary<SearchText> = fc.record({
  from: aFieldText,
  to: aFieldText,
  cc: aFieldText,
  bcc: fc.constant(''),
  subject: aFieldText,
  header: someWords,
  body: someWords,
});

/** Contents with ids that ascend by little or by much. */
export const someContents: fc.Arbitrary<ContentText[]> = fc
  .array(fc.tuple(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 ** 40 })), aText), {
    minLength: 1,
    maxLength: 25,
  })
  .map((list) => {
    let id = 0;
    return list.map(([step, text]) => {
      id += step;
      return { contentId: id, text };
    });
  });
