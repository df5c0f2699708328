/** Merges the word blocks of segments, in order of their terms. */

import type { Merge } from './merge.ts';
import { PostingList } from './posting-list.ts';
import { compareTerms, MAX_TERM_OCTETS } from './term.ts';
import { type WordBlockReader, WordBlockWriter } from './word-block.ts';
import { WordCursor } from './word-cursor.ts';

/** Writes the word blocks of the new segment without the contents that are `gone`, and gives their fences. */
export async function mergeWords(merge: Merge, gone: ReadonlySet<number>): Promise<string[]> {
  const cursors = merge.sources.map(({ entry, wordBlocks }) => new WordCursor(entry, wordBlocks));
  try {
    return await mergeCursors(merge, cursors, gone);
  } finally {
    await Promise.allSettled(cursors.map((cursor) => cursor.close()));
  }
}

async function mergeCursors(
  { write, blockOctets, pace, base }: Merge,
  cursors: readonly WordCursor[],
  gone: ReadonlySet<number>,
): Promise<string[]> {
  const writer = new WordBlockWriter(base, blockOctets);
  const fences: string[] = [];
  const writeFinished = async (): Promise<void> => {
    for (const { fence, octets } of writer.finished()) {
      await write({ kind: 'word', number: fences.length, octets });
      fences.push(fence);
    }
  };
  const list = new PostingList();
  const term = new Uint8Array(MAX_TERM_OCTETS);
  await Promise.all(cursors.map((cursor) => cursor.nextBlock()));
  const least = [...cursors];
  for (let count = findLeast(cursors, least); count > 0; count = findLeast(cursors, least)) {
    const length = copyTerm(least[0] as WordCursor, term);
    list.begin();
    for (let i = 0; i < count; i++) {
      const cursor = least[i] as WordCursor;
      while (cursor.block && compareTerms(cursor.block.term, cursor.block.termLength, term, length) === 0) {
        const start = list.length;
        cursor.readPostings(list, base);
        if (gone.size > 0) list.drop(gone, start);
        if (list.length >= writer.maxPostings) {
          writer.add(term, length, list);
          list.clear();
        }
        if (!cursor.block.next()) await cursor.nextBlock();
        if (writer.hasFinished) await writeFinished();
        if (pace.due(1 + list.length - start)) await pace.turn();
      }
    }
    writer.add(term, length, list);
    if (writer.hasFinished) await writeFinished();
    if (pace.due(cursors.length)) await pace.turn();
  }
  writer.end();
  await writeFinished();
  return fences;
}

/** Puts the cursors that stand at the least of all terms to the beginning of `least`, in their order: gives how many. */
function findLeast(cursors: readonly WordCursor[], least: WordCursor[]): number {
  let count = 0;
  let first: WordBlockReader | null = null;
  for (const cursor of cursors) {
    const { block } = cursor;
    if (!block) continue;
    const order = first ? block.compare(first) : -1;
    if (order > 0) continue;
    if (order < 0) {
      first = block;
      count = 0;
    }
    least[count++] = cursor;
  }
  return count;
}

function copyTerm({ block }: WordCursor, term: Uint8Array): number {
  const length = block?.termLength ?? 0;
  for (let i = 0; i < length; i++) term[i] = block?.term[i] as number;
  return length;
}
