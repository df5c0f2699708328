/** Brings an account's index up to its contents: a segment for each batch, and now and then several made into one. */

import type { SearchText, StoredBody } from '../model/content.ts';
import type { AccountId, ContentId } from '../model/ids.ts';
import type { MimePart } from '../model/mime-part.ts';
import { buildSegment, type ContentText } from '../terms/build-segment.ts';
import { mergeSegments } from '../terms/merge-segments.ts';
import { nextMerge } from '../terms/next-merge.ts';
import type { SegmentBlock } from '../terms/term-segment.ts';
import type { Collections } from './collections.ts';
import { joinPieces, searchTextOf } from './content-documents.ts';
import type { ContentDocument, LongField, StateDocument } from './documents.ts';
import { readPieces } from './fetch-records.ts';
import { blockDocument, newSegmentName, readBlocks, removeSegments } from './index-blocks.ts';
import { blockKeys, type IndexManifest, type IndexSegment, readManifest, replaceManifest } from './index-manifest.ts';
import { contentKey, numberOf, stateKey } from './keys.ts';
import { MailReader } from './mail-reader.ts';

/** Contents of one new segment. */
const BATCH = 256;
/** A batch ends early at so many octets of text. */
const BATCH_OCTETS = 2 << 20;
/** Contents read by one statement: a megabyte or two. */
const PAGE = 64;
/** Segments of so many contents are looked at for contents that are gone. */
const WORTH_COUNTING = 512;
/** Blocks written by one statement. */
const WRITTEN = 16;
/** Blocks of one segment read at once while it is merged with others. */
const MERGE_PAGE = 8;

/** Makes the search text of a content. */
export type SearchTextExtractor = (stored: StoredBody, tree: MimePart) => SearchText;

/** Fields of a content that search text is made of. */
export const TEXT_FIELDS: readonly LongField[] = ['header', 'tree', 'segments', 'text', 'searchText'];

/** A content, and what search looks into of it. */
export interface ReadText extends ContentText {
  readonly key: string;
  readonly octets: number;
}

/** Search texts of the contents after one, in order. */
export async function* readTexts(
  reader: MailReader,
  after: ContentId,
  extract: SearchTextExtractor,
): AsyncGenerator<ReadText, void, undefined> {
  const { account, collections } = reader;
  const projection = Object.fromEntries([...TEXT_FIELDS, 'size', 'fastOctets', 'pieces'].map((field) => [field, 1]));
  for (let last = contentKey(account, after); ; ) {
    const page = await collections.contents
      .find(
        { account, _id: { $gt: last, $lt: `${account}.~` } },
        { ...reader.options, sort: { _id: 1 }, projection, limit: PAGE, batchSize: PAGE + 1 },
      )
      .toArray();
    await joinPieces(page, TEXT_FIELDS, (prefixes) => readPieces(reader, prefixes));
    for (const content of page) {
      yield {
        key: content._id,
        contentId: numberOf(content._id),
        text: textOf(content, extract),
        octets: content.fastOctets,
      };
      last = content._id;
    }
    if (page.length < PAGE) return;
  }
}

const NO_TEXT: SearchText = { from: '', to: '', cc: '', bcc: '', subject: '', header: '', body: '' };

/** One message that cannot be read must not keep all others from being found. */
function textOf(content: ContentDocument, extract: SearchTextExtractor): SearchText {
  try {
    return searchTextOf(content, extract);
  } catch {
    return NO_TEXT;
  }
}

/** Indexes one batch of what is not; whether there may be more. */
export async function indexBatch(
  collections: Collections,
  account: AccountId,
  extract: SearchTextExtractor,
): Promise<boolean> {
  // The state first: contents below its next number are there, so that reaching the end means having all of those.
  const state = (await collections.mail.findOne({ _id: stateKey(account), account })) as StateDocument | null;
  const manifest = await readManifest(collections, account);
  if (!state || !manifest) return false;
  const texts: ContentText[] = [];
  let octets = 0;
  let ended = true;
  for await (const text of readTexts(new MailReader(collections, state, null), manifest.indexed, extract)) {
    // What came after the state was read waits for the next batch.
    if (text.contentId >= state.nextId) break;
    texts.push(text);
    octets += text.octets;
    if (texts.length < BATCH && octets < BATCH_OCTETS) continue;
    ended = false;
    break;
  }
  const indexed = ended ? state.nextId - 1 : (texts.at(-1) as ContentText).contentId;
  if (indexed <= manifest.indexed) return false;
  const added = texts.length > 0 ? [await writeSegment(collections, account, texts)] : [];
  const replaced = await replaceManifest(collections, manifest, {
    indexed,
    segments: [...manifest.segments, ...added],
  });
  if (!replaced) await removeSegments(collections, account, added);
  return replaced && !ended;
}

async function writeSegment(
  collections: Collections,
  account: AccountId,
  texts: readonly ContentText[],
): Promise<IndexSegment> {
  const { entry, blocks } = await buildSegment(texts);
  const name = newSegmentName();
  await collections.terms.insertMany(blocks.map((block) => blockDocument(account, name, block)));
  return { ...entry, name };
}

/** Makes one segment of several where that is due; whether it did. */
export async function mergeSome(collections: Collections, account: AccountId): Promise<boolean> {
  const manifest = await readManifest(collections, account);
  if (!manifest) return false;
  const removed: number[] = [];
  for (const segment of manifest.segments) removed.push(await countRemoved(collections, account, segment));
  const choice = nextMerge(
    manifest.segments.map(({ contents }, index) => ({ contents, removed: removed[index] as number })),
  );
  if (!choice) return false;
  const old = manifest.segments.slice(choice.from, choice.to);
  const merged = await writeMerged(collections, account, old);
  const segments = [
    ...manifest.segments.slice(0, choice.from),
    ...(merged.contents > 0 ? [merged] : []),
    ...manifest.segments.slice(choice.to),
  ];
  const replaced = await replaceManifest(collections, manifest, { indexed: manifest.indexed, segments });
  await removeSegments(collections, account, replaced ? old : [merged]);
  return replaced;
}

function rangeOf(account: AccountId, { firstId, lastId }: Pick<IndexSegment, 'firstId' | 'lastId'>) {
  return { account, _id: { $gte: contentKey(account, firstId), $lte: contentKey(account, lastId) } };
}

async function countRemoved({ contents }: Collections, account: AccountId, segment: IndexSegment): Promise<number> {
  if (segment.contents < WORTH_COUNTING) return 0;
  return segment.contents - (await contents.countDocuments(rangeOf(account, segment)));
}

async function writeMerged(
  collections: Collections,
  account: AccountId,
  old: readonly IndexSegment[],
): Promise<IndexSegment> {
  const alive = new Set<ContentId>();
  const range = { firstId: (old[0] as IndexSegment).firstId, lastId: (old.at(-1) as IndexSegment).lastId };
  const found = collections.contents.find(rangeOf(account, range), { projection: { _id: 1 }, batchSize: 5000 });
  for await (const { _id } of found) alive.add(numberOf(_id));
  const name = newSegmentName();
  let waiting: SegmentBlock[] = [];
  const send = async (): Promise<void> => {
    const blocks = waiting.map((block) => blockDocument(account, name, block));
    waiting = [];
    if (blocks.length > 0) await collections.terms.insertMany(blocks);
  };
  const sources = old.map((entry) => ({
    entry,
    fieldBlocks: readBlocks(
      collections,
      account,
      blockKeys(account, entry, 'field', { from: 0, to: entry.fieldBlocks }),
      MERGE_PAGE,
    ),
    wordBlocks: readBlocks(
      collections,
      account,
      blockKeys(account, entry, 'word', { from: 0, to: entry.fences.length }),
      MERGE_PAGE,
    ),
  }));
  const entry = await mergeSegments(sources, {
    isAlive: (contentId) => alive.has(contentId),
    write: async (block) => {
      waiting.push(block);
      if (waiting.length >= WRITTEN) await send();
    },
  });
  await send();
  return { ...entry, name };
}

/** Forgets an index that is damaged, so that it is made anew from the contents. */
export async function resetIndex(collections: Collections, manifest: IndexManifest): Promise<void> {
  if (await replaceManifest(collections, manifest, { indexed: 0, segments: [] })) {
    await removeSegments(collections, manifest.account, manifest.segments);
  }
}
