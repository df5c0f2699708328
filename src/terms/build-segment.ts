/** Makes a segment of the search index from the texts of a batch of contents. */

import { EiderError } from '../errors.ts';
import type { SearchText } from '../model/content.ts';
import type { ContentId } from '../model/ids.ts';
import { FieldBlockWriter } from './field-block.ts';
import { Pace } from './pace.ts';
import { IN_BODY, IN_HEADER, PostingList } from './posting-list.ts';
import { TermCollector } from './term-collector.ts';
import {
  BLOCK_OCTETS,
  MAX_CONTENT_ID,
  SEARCH_FIELDS,
  type SegmentBlock,
  type SegmentEntry,
  type SegmentOptions,
} from './term-segment.ts';
import { WordBlockWriter } from './word-block.ts';

/** What search looks into of one content. */
export interface ContentText {
  readonly contentId: ContentId;
  readonly text: SearchText;
}

/** A new segment. All of its blocks are in memory. */
export interface BuiltSegment {
  readonly entry: SegmentEntry;
  readonly blocks: readonly SegmentBlock[];
}

/**
 * Makes a segment of some hundreds of contents, in order of their ids. Others get a turn every few milliseconds.
 *
 * @throws `INVALID_ARGUMENT` when there are no texts, or their ids do not ascend or are not from 1 to 2^48.
 */
export async function buildSegment(texts: readonly ContentText[], options: SegmentOptions = {}): Promise<BuiltSegment> {
  checkIds(texts);
  const firstId = (texts[0] as ContentText).contentId;
  const target = options.blockOctets ?? BLOCK_OCTETS;
  const fields = new FieldBlockWriter(firstId, target);
  const words = new WordBlockWriter(firstId, target);
  const blocks: SegmentBlock[] = [];
  let fieldBlocks = 0;
  const endFields = async (): Promise<void> => {
    blocks.push({ kind: 'field', number: fieldBlocks++, octets: await fields.end() });
  };
  const pace = new Pace();
  const terms = new TermCollector(pace);
  for (const { contentId, text } of texts) {
    if (fields.full) await endFields();
    fields.add(
      contentId,
      SEARCH_FIELDS.map((field) => text[field]),
    );
    terms.begin(contentId);
    await terms.add(text.header, IN_HEADER);
    await terms.add(text.body, IN_BODY);
  }
  await endFields();

  const list = new PostingList();
  await terms.eachTerm(firstId, list, (term, length) => words.add(term, length, list));
  words.end();
  const fences: string[] = [];
  for (const block of words.finished()) {
    blocks.push({ kind: 'word', number: fences.length, octets: block.octets });
    fences.push(block.fence);
  }
  const lastId = (texts.at(-1) as ContentText).contentId;
  return { entry: { firstId, lastId, contents: texts.length, fences, fieldBlocks }, blocks };
}

function checkIds(texts: readonly ContentText[]): void {
  let last = 0;
  for (const { contentId } of texts) {
    if (!Number.isSafeInteger(contentId) || contentId <= last || contentId > MAX_CONTENT_ID)
      throw new EiderError('INVALID_ARGUMENT', 'contents of a segment have ids that do not ascend');
    last = contentId;
  }
  if (texts.length === 0) throw new EiderError('INVALID_ARGUMENT', 'a segment of no contents');
}
