/** The search index of accounts. */

import type { SearchText, StoredBody } from '../model/content.ts';
import type { AccountId } from '../model/ids.ts';
import type { MimePart } from '../model/mime-part.ts';
import type { Collections } from './collections.ts';
import { joinPieces, searchTextOf } from './content-documents.ts';
import type { LongField } from './documents.ts';
import { readPieces } from './fetch-records.ts';
import { contentKey } from './keys.ts';
import type { MailReader } from './mail-reader.ts';
import { type ContentCondition, hasWord } from './search-match.ts';

const TEXT_FIELDS: readonly LongField[] = ['header', 'tree', 'segments', 'text', 'searchText'];

/** Finds contents by what is in them. */
export class SearchIndex {
  readonly #extract: (stored: StoredBody, tree: MimePart) => SearchText;

  constructor(extract: (stored: StoredBody, tree: MimePart) => SearchText) {
    this.#extract = extract;
  }

  committed(_collections: Collections, _account: AccountId): void {}

  async close(): Promise<void> {}

  /** Keys of the contents that fulfil each of the conditions. */
  async find(reader: MailReader, conditions: ReadonlyMap<string, ContentCondition>): Promise<Map<string, Set<string>>> {
    const found = new Map([...conditions.keys()].map((key) => [key, new Set<string>()]));
    await this.#readThrough(reader, 0, conditions, found);
    return found;
  }

  async #readThrough(
    reader: MailReader,
    after: number,
    conditions: ReadonlyMap<string, ContentCondition>,
    found: Map<string, Set<string>>,
  ): Promise<void> {
    const { account, collections } = reader;
    const cursor = collections.contents.find(
      { account, _id: { $gt: contentKey(account, after), $lt: `${account}.~` } },
      {
        ...reader.options,
        sort: { _id: 1 },
        projection: Object.fromEntries([...TEXT_FIELDS, 'size', 'pieces'].map((field) => [field, 1])),
        batchSize: 100,
      },
    );
    for await (const content of cursor) {
      await joinPieces([content], TEXT_FIELDS, (key, field) => readPieces(reader, key, field));
      const text = searchTextOf(content, this.#extract);
      for (const [key, condition] of conditions) if (holds(text, condition)) found.get(key)?.add(content._id);
    }
  }
}

function holds(text: SearchText, condition: ContentCondition): boolean {
  if (condition.kind === 'words') return condition.words.every((word) => hasWord(text, condition.space, word));
  return condition.kind === 'field' && text[condition.field].includes(condition.text);
}
