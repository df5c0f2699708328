/** Merges the field blocks of segments: those of one after those of the other. */

import { damaged } from './block-octets.ts';
import { columnStrings, FieldBlock, FieldBlockWriter } from './field-block.ts';
import type { Merge, MergeSource } from './merge.ts';
import { SEARCH_FIELDS } from './term-segment.ts';

/** What became of the contents. */
export interface MergedFields {
  /** How many stay. */
  readonly contents: number;
  readonly fieldBlocks: number;
  /** Those that do not, counted from the base. */
  readonly gone: ReadonlySet<number>;
}

/** Writes the field blocks of the new segment and so learns which contents it has. */
export async function mergeFields({ sources, isAlive, write, blockOctets, pace, base }: Merge): Promise<MergedFields> {
  const writer = new FieldBlockWriter(base, blockOctets);
  const gone = new Set<number>();
  let contents = 0;
  let fieldBlocks = 0;
  const end = async (): Promise<void> => write({ kind: 'field', number: fieldBlocks++, octets: await writer.end() });
  for (const source of sources) {
    for await (const { ids, fieldsOf } of openBlocks(source)) {
      for (const [index, id] of ids.entries()) {
        if (isAlive(id)) {
          if (writer.full) await end();
          writer.add(id, fieldsOf(index));
          contents++;
        } else {
          gone.add(id - base);
        }
        if (pace.due(20)) await pace.turn();
      }
    }
  }
  if (!writer.empty) await end();
  return { contents, fieldBlocks, gone };
}

interface OpenBlock {
  readonly ids: Float64Array;
  readonly fieldsOf: (index: number) => string[];
}

async function* openBlocks({ entry, fieldBlocks }: MergeSource): AsyncGenerator<OpenBlock, void, void> {
  let blocks = 0;
  let contents = 0;
  let last = entry.firstId - 1;
  for await (const octets of fieldBlocks) {
    const block = new FieldBlock(octets);
    const { ids } = block;
    if ((ids[0] as number) <= last || (ids.at(-1) as number) > entry.lastId)
      throw damaged('it has contents of other blocks');
    const columns = await Promise.all(SEARCH_FIELDS.map((field) => block.column(field)));
    const strings = columns.map(columnStrings);
    const fieldsOf = (index: number): string[] =>
      columns.map(({ ofContents }, i) => (strings[i] as string[])[ofContents[index] as number] as string);
    yield { ids, fieldsOf };
    blocks++;
    contents += ids.length;
    last = ids.at(-1) as number;
  }
  if (blocks !== entry.fieldBlocks || contents !== entry.contents) throw damaged('field blocks are missing');
}
