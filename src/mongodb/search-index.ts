/**
 * Finds contents by what is in them: the index answers for those that it covers, the latest ones are read. The index is
 * no part of the transactions that store messages, and a search is never behind them all the same.
 */

import { isEiderError } from '../errors.ts';
import type { SearchText } from '../model/content.ts';
import type { AccountId, ContentId } from '../model/ids.ts';
import { matchField } from '../terms/match-field.ts';
import { matchWords } from '../terms/match-words.ts';
import { wordBlocksFor } from '../terms/term-segment.ts';
import type { Collections } from './collections.ts';
import { BlockMissing, readBlocks } from './index-blocks.ts';
import { blockKeys, type IndexManifest, newManifest } from './index-manifest.ts';
import { indexBatch, mergeSome, readTexts, resetIndex, type SearchTextExtractor } from './index-writer.ts';
import { manifestKey } from './keys.ts';
import type { MailReader } from './mail-reader.ts';
import { type ContentCondition, hasWord } from './search-match.ts';

/** Numbers by which the contents may be ahead of the index: of the messages in them, a search reads each. */
const MAX_AHEAD = 500;
/** Commits to an account after which its index follows. */
const COMMITS = 128;
/** Tries while segments are merged away from under a search. */
const TRIES = 5;

type LookedUp = Extract<ContentCondition, { readonly kind: 'words' | 'field' }>;

/** The indexes of all accounts, as this process sees to them. */
export class SearchIndex {
  readonly #extract: SearchTextExtractor;
  readonly #commits = new Map<AccountId, number>();
  readonly #due = new Map<AccountId, Collections>();
  #working: Promise<void> | null = null;
  #closed = false;

  constructor(extract: SearchTextExtractor) {
    this.#extract = extract;
  }

  /** Takes note of a commit: after some, the account's index follows, one account after the other. */
  committed(collections: Collections, account: AccountId): void {
    const commits = (this.#commits.get(account) ?? 0) + 1;
    this.#commits.set(account, commits % COMMITS);
    if (commits < COMMITS || this.#closed) return;
    this.#due.set(account, collections);
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#working;
  }

  /** Makes what is missing of an account's index. */
  async complete(collections: Collections, account: AccountId): Promise<void> {
    while (await indexBatch(collections, account, this.#extract)) {
      // Until all is in it.
    }
  }

  /** Contents that fulfil each of the conditions, by the names of these. @throws StaleState. */
  async find(reader: MailReader, conditions: ReadonlyMap<string, LookedUp>): Promise<Map<string, Set<ContentId>>> {
    for (let left = TRIES; ; left--) {
      const manifest = await this.#manifest(reader);
      try {
        const found = new Map<string, Set<ContentId>>();
        for (const [name, condition] of conditions) found.set(name, await lookUp(reader, manifest, condition));
        for await (const { contentId, text } of readTexts(reader, manifest.indexed, this.#extract)) {
          for (const [name, condition] of conditions) if (holds(text, condition)) found.get(name)?.add(contentId);
        }
        return found;
      } catch (error) {
        const damaged = error instanceof BlockMissing || isEiderError(error, 'STORE_CORRUPT');
        if (!damaged || left === 0) throw error;
        // A segment that was merged away is not named by the next list; one that still is, is lost.
        if (left === 1) await resetIndex(reader.collections, manifest);
      }
    }
  }

  /** The list of segments, after those that are missing were made. */
  async #manifest(reader: MailReader): Promise<IndexManifest> {
    const { account, base, collections } = reader;
    for (;;) {
      const [found] = await reader.find<IndexManifest>([manifestKey(account)]);
      const manifest = found ?? newManifest(account);
      // What a transaction has not committed cannot be in the index.
      if (!found || reader.pinned || base.nextId - 1 - manifest.indexed <= MAX_AHEAD) return manifest;
      await this.complete(collections, account);
      const [after] = await reader.find<IndexManifest>([manifestKey(account)]);
      if (after && after.indexed > manifest.indexed) continue;
      return manifest;
    }
  }

  async #work(): Promise<void> {
    for (const [account, collections] of this.#due) {
      this.#due.delete(account);
      if (this.#closed) return;
      // What fails here is done by the next search itself.
      await this.#follow(collections, account).catch(() => {});
    }
  }

  async #follow(collections: Collections, account: AccountId): Promise<void> {
    await this.complete(collections, account);
    while (!this.#closed && (await mergeSome(collections, account))) {
      // What has become one may be due to become part of a larger one.
    }
  }
}

async function lookUp(reader: MailReader, manifest: IndexManifest, condition: LookedUp): Promise<Set<ContentId>> {
  const { account, collections } = reader;
  const { segments } = manifest;
  if (condition.kind === 'field') {
    const keys = segments.flatMap((segment) =>
      blockKeys(account, segment, 'field', { from: 0, to: segment.fieldBlocks }),
    );
    return toSet(await matchField(readBlocks(collections, account, keys), condition.field, condition.text));
  }
  const [first = '', ...others] = condition.words;
  let found = await withWord(reader, manifest, condition.space, first);
  for (const word of others) {
    if (found.size === 0) break;
    const more = await withWord(reader, manifest, condition.space, word);
    found = new Set([...found].filter((id) => more.has(id)));
  }
  return found;
}

async function withWord(
  { account, collections }: MailReader,
  { segments }: IndexManifest,
  space: 'body' | 'text',
  word: string,
): Promise<Set<ContentId>> {
  const keys = segments.flatMap((segment) => blockKeys(account, segment, 'word', wordBlocksFor(segment, word)));
  return toSet(await matchWords(readBlocks(collections, account, keys), word, space));
}

const toSet = (ids: Float64Array): Set<ContentId> => new Set(ids);

function holds(text: SearchText, condition: LookedUp): boolean {
  if (condition.kind === 'words') return condition.words.every((word) => hasWord(text, condition.space, word));
  return text[condition.field].includes(condition.text);
}
