/** Work on the whole store: checking, sweeping, counting. */

import { createHash } from 'node:crypto';
import type { BlobInfo } from '../engine/blob-store.ts';
import type { StoredContent } from '../engine/engine.ts';
import { isEiderError } from '../errors.ts';
import { MessageBody } from '../mime/message-body.ts';
import type { AccountId, BlobId, ContentId, ModSeq } from '../model/ids.ts';
import type { StoreContext } from './context.ts';
import type { Maintenance, StoreFinding, StoreStats, SweepOptions, SweepResult } from './maintenance-api.ts';
import { isAbsent } from './removed-accounts.ts';

/** How long a blob may lie without mention: longer than any delivery takes. In milliseconds. */
export const DEFAULT_GRACE_MS = 3_600_000;

/** How long changes are remembered, in milliseconds: thirty days. */
export const DEFAULT_CHANGES_MS: number = 30 * 86_400_000;

/** Blobs asked about, and changes read, at once. */
const BATCH = 1000;

/** What a repair of records mends, as a rule. */
const MENDED: ReadonlySet<string> = new Set(['counter', 'reference', 'search']);

interface CheckOptions {
  readonly account?: AccountId;
  readonly rehash?: boolean;
  readonly repair?: boolean;
  readonly signal?: AbortSignal;
}

/** Maintenance over any engine and blob store. */
export class StoreMaintenance implements Maintenance {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async *check(options: CheckOptions = {}): AsyncGenerator<StoreFinding, void, undefined> {
    for await (const account of this.#accounts(options.account)) {
      if (options.signal?.aborted) return;
      yield* this.#checkRecords(account, options.repair ?? false);
      yield* this.#checkBlobs(account);
      if (options.rehash) yield* this.#rehash(account, options.signal);
    }
    if (options.account !== undefined) return;
    const before = Date.now() - DEFAULT_GRACE_MS;
    for await (const blob of this.#unmentioned(before)) {
      yield { account: null, kind: 'blobOrphan', detail: `${blob.blobId}, ${blob.size} octets`, repairable: true };
      if (options.repair) await this.#context.blobs.delete(blob.blobId, { unmodifiedSince: before });
    }
  }

  async health(): Promise<{ readonly engine: boolean; readonly blobs: boolean }> {
    const { engine, blobs } = this.#context;
    const answers = (asked: Promise<unknown>): Promise<boolean> =>
      asked.then(
        () => true,
        () => false,
      );
    const [engineAnswers, blobsAnswer] = await Promise.all([
      answers(engine.directory.list({ limit: 1 })),
      answers(blobs.stat('0'.repeat(64))),
    ]);
    return { engine: engineAnswers, blobs: blobsAnswer };
  }

  async sweep(options: SweepOptions = {}): Promise<SweepResult> {
    const changes = await this.#expireChanges(Date.now() - (options.changesMs ?? DEFAULT_CHANGES_MS), options);
    let blobs = 0;
    let octets = 0;
    const before = Date.now() - (options.graceMs ?? DEFAULT_GRACE_MS);
    for await (const blob of this.#unmentioned(before)) {
      if (options.signal?.aborted) break;
      // A delivery that has just committed the same blob has renewed it, so it stays.
      if (!options.dryRun && !(await this.#context.blobs.delete(blob.blobId, { unmodifiedSince: before }))) continue;
      blobs++;
      octets += blob.size;
    }
    const { dryRun = false, signal } = options;
    const expired = signal?.aborted ? 0 : await this.#context.engine.vault.sweep({ dryRun });
    return { blobs, octets, changes, expired };
  }

  async #expireChanges(before: number, { dryRun, signal }: SweepOptions): Promise<number> {
    let count = 0;
    for await (const account of this.#accounts()) {
      if (signal?.aborted) break;
      const { upTo, changes } = await this.#oldChanges(account, before);
      count += changes;
      if (changes > 0 && !dryRun) await this.#context.engine.write(account, (tx) => tx.expireChanges(upTo));
    }
    return count;
  }

  /** The last change before a moment, and how many there are up to it. */
  async #oldChanges(account: AccountId, before: number): Promise<{ upTo: ModSeq; changes: number }> {
    let upTo = (await this.#context.engine.read(account, (tx) => tx.state())).changesExpired;
    let changes = 0;
    for (;;) {
      const position = upTo;
      const page = await this.#context.engine.read(account, (tx) => tx.changes(position, BATCH));
      const old = page.filter((change) => change.time < before);
      upTo = old.at(-1)?.modSeq ?? upTo;
      changes += old.length;
      if (old.length < BATCH) return { upTo, changes };
    }
  }

  async stats(options: { readonly account?: AccountId } = {}): Promise<StoreStats> {
    const sum = {
      accounts: 0,
      messages: 0,
      mailOctets: 0,
      text: 0,
      metadata: 0,
      search: 0,
      free: 0,
      attachmentsEncoded: 0,
    };
    const mine = new Map<BlobId, number>();
    for await (const account of this.#accounts(options.account)) {
      const { state, usage } = await this.#context.engine.read(account, async (tx) => ({
        state: await tx.state(),
        usage: await tx.usage(),
      }));
      sum.accounts++;
      sum.messages += state.messages;
      sum.mailOctets += state.octets;
      sum.text += usage.text;
      sum.metadata += usage.metadata;
      sum.search += usage.search;
      sum.free += usage.free;
      for await (const reference of this.#references(account)) {
        sum.attachmentsEncoded += reference.length;
        if (options.account !== undefined) mine.set(reference.blobId, reference.size);
      }
    }
    return { ...sum, ...(options.account === undefined ? await this.#countBlobs() : total(mine.values())) };
  }

  async #countBlobs(): Promise<{ blobs: number; attachmentsStored: number }> {
    let blobs = 0;
    let attachmentsStored = 0;
    for await (const blob of this.#context.blobs.list()) {
      blobs++;
      attachmentsStored += blob.size;
    }
    return { blobs, attachmentsStored };
  }

  /** Accounts that are there; with `absent` also those that come in or can come back: their blobs are mentioned too. */
  async *#accounts(only?: AccountId, absent = false): AsyncGenerator<AccountId, void, undefined> {
    if (only !== undefined) return yield only;
    let after: AccountId | undefined;
    for (;;) {
      const page = await this.#context.engine.directory.list({ ...(after !== undefined && { after }), limit: 100 });
      for (const record of page) if (absent || !isAbsent(record)) yield record.id;
      after = page.at(-1)?.id;
      if (after === undefined) return;
    }
  }

  async *#checkRecords(account: AccountId, repair: boolean): AsyncGenerator<StoreFinding, void, undefined> {
    const { engine } = this.#context;
    const findings = await engine.read(account, (tx) => tx.check());
    if (findings.length === 0) return;
    const left = repair
      ? await engine.write(account, (tx) => tx.repair()).then(() => engine.read(account, (tx) => tx.check()))
      : findings;
    const still = new Set(left.map((finding) => finding.detail));
    for (const finding of findings) {
      const repairable = repair ? !still.has(finding.detail) : MENDED.has(finding.kind);
      yield { account, kind: finding.kind, detail: finding.detail, repairable };
    }
  }

  /** Whether each blob that the account mentions is there, and as long as it should be. */
  async *#checkBlobs(account: AccountId): AsyncGenerator<StoreFinding, void, undefined> {
    for await (const reference of this.#references(account)) {
      const info = await this.#context.blobs.stat(reference.blobId);
      if (info && info.size === reference.size) continue;
      const where = `${reference.blobId} of content ${reference.contentId}`;
      if (!info) yield { account, kind: 'blobMissing', detail: where, repairable: false };
      else
        yield {
          account,
          kind: 'blobCorrupt',
          detail: `${where}: ${info.size} octets, not ${reference.size}`,
          repairable: false,
        };
    }
  }

  async *#references(account: AccountId) {
    let after: ContentId | null = null;
    for (;;) {
      const page: Awaited<ReturnType<typeof this.readReferences>> = await this.readReferences(account, after);
      yield* page;
      after = page.at(-1)?.contentId ?? null;
      if (after === null) return;
    }
  }

  private readReferences(account: AccountId, after: ContentId | null) {
    return this.#context.engine.read(account, (tx) => tx.blobReferences(after, 200));
  }

  async *#rehash(account: AccountId, signal?: AbortSignal): AsyncGenerator<StoreFinding, void, undefined> {
    let after: ContentId | null = null;
    while (!signal?.aborted) {
      const position: ContentId | null = after;
      const page: StoredContent[] = await this.#context.engine.read(account, (tx) => tx.contents(position, 20));
      for (const content of page) {
        const problem = await this.#compareDigest(content);
        if (problem) yield { account, kind: problem, detail: `content ${content.contentId}`, repairable: false };
      }
      after = page.at(-1)?.contentId ?? null;
      if (after === null) return;
    }
  }

  async #compareDigest({ digest, body, tree }: StoredContent): Promise<StoreFinding['kind'] | null> {
    const hash = createHash('sha256');
    try {
      for await (const chunk of new MessageBody(body, tree, this.#context.blobs).read()) hash.update(chunk);
    } catch (error) {
      if (isEiderError(error, 'BLOB_MISSING')) return 'blobMissing';
      if (isEiderError(error, 'BLOB_CORRUPT')) return 'blobCorrupt';
      throw error;
    }
    return hash.digest('hex') === digest ? null : 'digest';
  }

  /** Blobs that no account mentions and that were last written before a moment. */
  async *#unmentioned(before: number): AsyncGenerator<BlobInfo, void, undefined> {
    let batch: BlobInfo[] = [];
    for await (const blob of this.#context.blobs.list()) {
      if (blob.modified > before) continue;
      batch.push(blob);
      if (batch.length < BATCH) continue;
      yield* await this.#withoutMention(batch);
      batch = [];
    }
    yield* await this.#withoutMention(batch);
  }

  async #withoutMention(blobs: readonly BlobInfo[]): Promise<BlobInfo[]> {
    const { engine } = this.#context;
    if (engine.mentions && blobs.length > 0) {
      const mentioned = await engine.mentions(blobs.map((blob) => blob.blobId));
      return blobs.filter((blob) => !mentioned.has(blob.blobId));
    }
    let left = [...blobs];
    for await (const account of this.#accounts(undefined, true)) {
      if (left.length === 0) break;
      const ids = left.map((blob) => blob.blobId);
      const mentioned = await this.#context.engine.read(account, (tx) => tx.mentions(ids));
      left = left.filter((blob) => !mentioned.has(blob.blobId));
    }
    return left;
  }
}

function total(sizes: Iterable<number>): { blobs: number; attachmentsStored: number } {
  let blobs = 0;
  let attachmentsStored = 0;
  for (const size of sizes) {
    blobs++;
    attachmentsStored += size;
  }
  return { blobs, attachmentsStored };
}
