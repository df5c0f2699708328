/** Finds contents by a substring of a header field. */

import { FieldBlock, stringsWith } from './field-block.ts';
import { IdSet } from './id-set.ts';
import { Pace } from './pace.ts';
import type { BlockSource, SearchField } from './term-segment.ts';

/**
 * Ids of the contents whose `field` contains `text` (folded; `''` is in all of them), ascending. `blocks` are all field
 * blocks, of one segment or of several, in any order. Of a field the first 160 KB of UTF-8 are searched.
 *
 * @throws `STORE_CORRUPT` when a block is damaged.
 */
export async function matchField(blocks: BlockSource, field: SearchField, text: string): Promise<Float64Array> {
  const wanted = Buffer.from(text);
  const found = new IdSet();
  const pace = new Pace();
  for await (const octets of blocks) {
    const block = new FieldBlock(octets);
    const column = await block.column(field);
    const matching = stringsWith(column, wanted);
    for (const [index, id] of block.ids.entries()) {
      if (matching[column.ofContents[index] as number] === 1) found.add(id);
    }
    // Going through a block takes a millisecond at most.
    if (pace.due(1000)) await pace.turn();
  }
  return found.toArray();
}
