/** Writes an account into a file of accounts. */

import { createHash, type Hash } from 'node:crypto';
import type { TransferState } from '../engine/account-transfer.ts';
import { formatItems } from '../engine/change-text.ts';
import type { AccountRecord, StoredContent } from '../engine/engine.ts';
import { readTransferState } from '../engine/transfer-state.ts';
import type { OwnedVaultEntry } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import { MessageBody } from '../mime/message-body.ts';
import type { AccountId, ContentId } from '../model/ids.ts';
import type { StoreContext } from './context.ts';
import { type ExportCounts, type ExportedRecord, type ExportLine, lineOctets } from './export-lines.ts';
import { isAbsent } from './removed-accounts.ts';
import { SharedContents } from './shared-contents.ts';
import { pagesOfChanges, pagesOfPlacements, pagesOfThreadKeys } from './transfer-records.ts';

/** Contents, and small records, read at once. */
const PAGE = 20;
/** How often an account that changes is begun anew. */
const TRIES = 3;

/** What an export of an account works with. */
export interface AccountExport {
  readonly from: StoreContext;
  readonly account: AccountId;
  /** Seals the sealed part of a record for the file. @throws `UNSUPPORTED`. */
  readonly sealFor: (account: AccountId, record: ExportedRecord) => string;
  readonly signal?: AbortSignal | undefined;
}

type Counts = { -readonly [Name in keyof ExportCounts]: number };

/** See `Portable.export`. */
export async function* exportAccount(work: AccountExport): AsyncGenerator<Uint8Array, void, undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    if (yield* new AccountWriter(work).write()) return;
    yield lineOctets({ type: 'again', id: work.account });
  }
  throw new EiderError('BUSY', `account ${work.account} changes all the time: stop who writes to it`);
}

/** Writes an account once. */
class AccountWriter {
  readonly #work: AccountExport;
  readonly #hash: Hash = createHash('sha256');
  readonly #counts: Counts = { records: 0, contents: 0, placements: 0, threadKeys: 0, annotations: 0, changes: 0 };

  constructor(work: AccountExport) {
    this.#work = work;
  }

  /** Resolves with whether it has stayed the same meanwhile; the last line is written only then. */
  async *write(): AsyncGenerator<Uint8Array, boolean, undefined> {
    const { from, account } = this.#work;
    const { engine } = from;
    yield this.#line({ type: 'account', record: await this.#record() });
    yield* this.#records();
    let last = yield* this.#contents(0);
    const state = await this.#state();
    // What came while the first ones were written.
    last = yield* this.#contents(last);
    yield this.#line({ type: 'state', state });
    yield* this.#placements(state);
    for await (const rows of pagesOfThreadKeys(from, account, '')) {
      this.#counts.threadKeys += rows.length;
      yield this.#line({ type: 'threadKeys', rows });
    }
    for (const { mailboxId, name, value } of await engine.read(account, (tx) => tx.annotations())) {
      this.#counts.annotations++;
      const row = { mailboxId, name, value: Buffer.from(value).toString('base64') };
      yield this.#line({ type: 'annotations', rows: [row] });
    }
    for await (const changes of pagesOfChanges(from, account, 0)) {
      for (const { modSeq, time, items } of changes) {
        this.#counts.changes++;
        yield this.#line({ type: 'changes', rows: [{ modSeq, time, items: formatItems(items) }] });
      }
    }
    const { modSeq } = await engine.read(account, (tx) => tx.state());
    if (modSeq !== state.modSeq) return false;
    yield lineOctets({ type: 'done', id: account, counts: this.#counts, digest: this.#hash.digest('hex') });
    return true;
  }

  async #record(): Promise<AccountRecord> {
    const record = await this.#work.from.engine.directory.get(this.#work.account);
    if (!record || isAbsent(record)) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
    return record;
  }

  async #state(): Promise<TransferState> {
    const { from, account } = this.#work;
    const { engine } = from;
    for (;;) {
      const before = (await engine.read(account, (tx) => tx.state())).modSeq;
      const numbers = await engine.transfer.numbers(account);
      const state = await engine.read(account, (tx) => readTransferState(tx, numbers));
      if (state.modSeq === before) return state;
    }
  }

  async *#records(): AsyncGenerator<Uint8Array, void, undefined> {
    const { from, account, sealFor } = this.#work;
    for (let after: OwnedVaultEntry | undefined; ; ) {
      const page: OwnedVaultEntry[] = await from.engine.vault.all(account, { ...(after && { after }), limit: PAGE });
      if (page.length === 0) return;
      after = page.at(-1);
      const now = Date.now();
      const rows = page
        .filter(({ expires }) => expires === null || expires > now)
        .map(({ kind, key, value, expires }) => ({ kind, key, value, expires }))
        .map((record) => ({ ...record, value: sealFor(account, record) }));
      if (rows.length === 0) continue;
      this.#counts.records += rows.length;
      yield this.#line({ type: 'records', rows });
    }
  }

  async *#contents(written: ContentId): AsyncGenerator<Uint8Array, ContentId, undefined> {
    const { from, account } = this.#work;
    for (let after = written; ; ) {
      const position = after;
      const page = await from.engine.read(account, (tx) => tx.contents(position, PAGE));
      if (page.length === 0) return after;
      for (const stored of page) yield* this.#content(stored);
      after = (page.at(-1) as StoredContent).contentId;
    }
  }

  async *#content({ contentId, digest, body, tree }: StoredContent): AsyncGenerator<Uint8Array, void, undefined> {
    this.#counts.contents++;
    yield this.#line({ type: 'content', id: contentId, digest, octets: body.size });
    const hash = createHash('sha256');
    for await (const chunk of new MessageBody(body, tree, this.#work.from.blobs).read()) {
      this.#requireGoing();
      hash.update(chunk);
      this.#hash.update(chunk);
      yield chunk;
    }
    if (hash.digest('hex') === digest) return;
    throw new EiderError('STORE_CORRUPT', `content ${contentId} is not what its digest says: "eider check --rehash"`);
  }

  async *#placements({ mailboxes }: TransferState): AsyncGenerator<Uint8Array, void, undefined> {
    const { from, account } = this.#work;
    const contents = new SharedContents();
    for (const { id } of mailboxes) {
      for await (const rows of pagesOfPlacements(from, account, id, 0)) {
        this.#requireGoing();
        for (const { contentId } of rows) contents.add(contentId);
      }
    }
    for (const { id } of mailboxes) {
      for await (const rows of pagesOfPlacements(from, account, id, 0)) {
        this.#counts.placements += rows.length;
        const shared = [...new Set(rows.map(({ contentId }) => contentId))].filter((one) => contents.has(one));
        yield this.#line({ type: 'placements', mailbox: id, rows, shared });
      }
    }
  }

  #line(line: ExportLine): Buffer {
    this.#requireGoing();
    const octets = lineOctets(line);
    this.#hash.update(octets);
    return octets;
  }

  #requireGoing(): void {
    if (this.#work.signal?.aborted) throw new EiderError('ABORTED', 'stopped');
  }
}
