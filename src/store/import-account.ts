/** Brings in an account of a file of accounts. */

import { isIncoming, type TransferState } from '../engine/account-transfer.ts';
import type { AccountRecord } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import { splitMessage } from '../mime/split-message.ts';
import type { Content } from '../model/content.ts';
import type { ContentId, MailboxId } from '../model/ids.ts';
import { patternsOf, requireAddressesFree } from './address-registration.ts';
import type { StoreContext } from './context.ts';
import type { ExportCounts, ExportedRecord, ExportLine } from './export-lines.ts';
import type { ImportLease } from './import-lease.ts';
import { proveImport, RowDigests } from './import-proof.ts';
import { type ImportReader, invalidExport } from './import-reader.ts';
import { annotationOf, changeOf, count, placementOf, recordOf, rowsOf, stateOf, threadKeyOf } from './import-rows.ts';
import { lead, requireFree } from './transfer-account.ts';
import { vanishedBy } from './transfer-records.ts';

/** Octets of contents that go into one transaction; one may have more. */
const BATCH_OCTETS: number = 4 * 1024 * 1024;
const BATCH = 20;

/** The order of an account's lines. */
const ORDER = ['records', 'content', 'state', 'placements', 'threadKeys', 'annotations', 'changes', 'done'] as const;

/** What an import of an account works with. */
export interface AccountImport {
  readonly to: StoreContext;
  readonly record: AccountRecord;
  readonly reader: ImportReader;
  readonly lease: ImportLease;
  /** A record's value with what is sealed in it sealed for this store. @throws `INVALID_ARGUMENT`, `UNSUPPORTED`. */
  readonly sealFor: (record: ExportedRecord) => string;
  readonly signal: AbortSignal;
}

type Counts = { -readonly [Name in keyof ExportCounts]: number };

/**
 * Reads an account's lines up to its end, and makes it. `null`: the file begins it anew, and nothing of it is there.
 *
 * @throws as `Portable.import`; nothing of the account is there.
 */
export async function importAccount(work: AccountImport): Promise<TransferState | null> {
  const { to, record } = work;
  const there = await to.engine.directory.get(record.id);
  // Of one that was cut off.
  if (there && isIncoming(there)) await to.engine.directory.delete(record.id);
  await requireFree(to, record);
  await to.engine.directory.create({ ...incoming(record), passwordHash: null });
  try {
    const state = await new AccountReader(work).read();
    if (state === null) await to.engine.directory.delete(record.id);
    return state;
  } catch (error) {
    // What cannot be removed now is nobody's, and the next import removes it.
    await discard(to, record).catch(() => {});
    throw error;
  }
}

async function discard({ engine }: StoreContext, { id }: AccountRecord): Promise<void> {
  const there = await engine.directory.get(id);
  if (there && isIncoming(there)) await engine.directory.delete(id);
}

/** The same name as a transfer's, so that it is as absent; of no state that one could go on from. */
function incoming(record: AccountRecord): AccountRecord {
  return { ...record, name: `* incoming file ${record.id}`, addresses: [] };
}

/** Puts an account together, line by line. */
class AccountReader {
  readonly #work: AccountImport;
  readonly #counts: Counts = { records: 0, contents: 0, placements: 0, threadKeys: 0, annotations: 0, changes: 0 };
  readonly #rows = new RowDigests();
  #state: TransferState | null = null;
  #mailboxes: ReadonlySet<MailboxId> = new Set();
  #batch: { contentId: ContentId; content: Content }[] = [];
  #batchOctets = 0;
  #lastContent = 0;

  constructor(work: AccountImport) {
    this.#work = work;
  }

  async read(): Promise<TransferState | null> {
    const { reader, record } = this.#work;
    for (let rank = 0; ; ) {
      this.#requireGoing();
      const line = await reader.line();
      if (line.type === 'again') return null;
      const at = ORDER.indexOf(line.type as (typeof ORDER)[number]);
      if (at < rank) throw invalidExport('lines of the file are not in order');
      rank = at;
      if (line.type !== 'content') await this.#putContents();
      if (line.type !== 'done') {
        await this.#take(line);
        continue;
      }
      this.#requireWhole(line, record);
      await this.#finish();
      return this.#state;
    }
  }

  async #take(line: ExportLine): Promise<void> {
    const { to, record } = this.#work;
    const { transfer, vault } = to.engine;
    const account = record.id;
    switch (line.type) {
      case 'records':
        for (const row of rowsOf(line.rows)) {
          this.#counts.records++;
          const { kind, key, value, expires } = recordOf(row);
          const sealed = this.#work.sealFor({ kind, key, value, expires });
          await vault.put({ owner: account, kind, key }, { value: sealed, expires });
        }
        return;
      case 'content':
        return this.#content(count(line.id), line.digest, count(line.octets));
      case 'state':
        if (this.#state) throw invalidExport('an account has two states');
        this.#state = stateOf(line.state);
        this.#mailboxes = new Set(this.#state.mailboxes.map(({ id }) => id));
        return;
      case 'placements': {
        const mailboxId = count(line.mailbox);
        if (!this.#mailboxes.has(mailboxId)) throw invalidExport('messages of a mailbox that there is not');
        const placements = rowsOf(line.rows).map(placementOf);
        const shared = new Set(Array.isArray(line.shared) ? line.shared.map(count) : []);
        this.#counts.placements += placements.length;
        this.#rows.placements(mailboxId, placements);
        return transfer.put(account, { kind: 'placements', mailboxId, placements, shared });
      }
      case 'threadKeys': {
        const keys = rowsOf(line.rows).map(threadKeyOf);
        this.#counts.threadKeys += keys.length;
        this.#rows.threadKeys(keys);
        return transfer.put(account, { kind: 'threadKeys', keys });
      }
      case 'annotations': {
        const annotations = rowsOf(line.rows).map(annotationOf);
        this.#counts.annotations += annotations.length;
        for (const annotation of annotations) this.#rows.annotation(annotation);
        return transfer.put(account, { kind: 'annotations', annotations });
      }
      case 'changes': {
        const changes = rowsOf(line.rows).map(changeOf);
        this.#counts.changes += changes.length;
        this.#rows.changes(changes);
        const vanished = changes.flatMap((change) => vanishedBy(change, this.#mailboxes));
        return transfer.put(account, { kind: 'changes', changes, vanished });
      }
      default:
        throw invalidExport('the file has a line that has no place there');
    }
  }

  async #content(contentId: ContentId, digest: string, octets: number): Promise<void> {
    if (contentId <= this.#lastContent) throw invalidExport('contents of the file are not in order');
    this.#lastContent = contentId;
    this.#counts.contents++;
    const { reader, to, signal } = this.#work;
    const content = await splitMessage(reader.octets(octets), to.blobs, { signal });
    if (content.digest !== digest) throw invalidExport('a message of the file is damaged');
    this.#batch.push({ contentId, content });
    this.#batchOctets += content.header.length + content.text.length;
    if (this.#batch.length >= BATCH || this.#batchOctets >= BATCH_OCTETS) await this.#putContents();
  }

  async #putContents(): Promise<void> {
    if (this.#batch.length === 0) return;
    const contents = this.#batch.splice(0);
    this.#batchOctets = 0;
    await this.#work.to.engine.transfer.put(this.#work.record.id, { kind: 'contents', contents });
  }

  #requireWhole(line: ExportLine & { type: 'done' }, { id }: AccountRecord): void {
    const isWhole = line.id === id && line.digest === this.#work.reader.digest();
    const counts = Object.entries(this.#counts).every(([kind, n]) => line.counts?.[kind as keyof Counts] === n);
    if (!isWhole || !counts) throw invalidExport('an account of the file is damaged');
    if (!this.#state) throw invalidExport('an account of the file has no state');
  }

  /** Compares, and lets the account be seen. */
  async #finish(): Promise<void> {
    const { to, record, lease, signal } = this.#work;
    const { engine } = to;
    const state = this.#state as TransferState;
    await engine.transfer.putState(record.id, state);
    if ((await engine.read(record.id, (tx) => tx.check())).length > 0) {
      // Messages that were expunged between two pages have left their contents behind.
      await engine.write(record.id, (tx) => tx.repair());
      await engine.transfer.putState(record.id, state);
    }
    await proveImport(to, record.id, { state, rows: this.#rows }, signal).catch((error: unknown) => {
      // What the file says of itself does not add up, though each of its digests is right.
      if (error instanceof EiderError && error.code === 'STORE_CORRUPT') throw invalidExport(error.message, error);
      throw error;
    });
    await requireAddressesFree(engine, record, await patternsOf(engine, record));
    await lease.renew();
    this.#requireGoing();
    await engine.transfer.release(record);
    await lead(to, record);
  }

  #requireGoing(): void {
    if (this.#work.signal.aborted) throw new EiderError('ABORTED', 'stopped');
  }
}
