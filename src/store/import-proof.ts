/** Proves that a store has of an account what a file has told, row by row, without keeping either. */

import { createHash } from 'node:crypto';
import type { TransferPlacement, TransferState, TransferThreadKey } from '../engine/account-transfer.ts';
import { formatItems } from '../engine/change-text.ts';
import type { StoredContent } from '../engine/engine.ts';
import type { AnnotationRecord } from '../engine/records.ts';
import { readTransferState } from '../engine/transfer-state.ts';
import { EiderError } from '../errors.ts';
import { MessageBody } from '../mime/message-body.ts';
import type { Change } from '../model/change.ts';
import type { AccountId, ContentId } from '../model/ids.ts';
import type { StoreContext } from './context.ts';
import { pagesOfChanges, pagesOfPlacements, pagesOfThreadKeys } from './transfer-records.ts';
import { sorted } from './transfer-verify.ts';

const PAGE = 20;

/** Digests of an account's rows, each kind of its own, in the order in which they are added. */
export class RowDigests {
  readonly #hashes = {
    placements: createHash('sha256'),
    threadKeys: createHash('sha256'),
    annotations: createHash('sha256'),
    changes: createHash('sha256'),
  };

  placements(mailbox: number, rows: readonly TransferPlacement[]): void {
    for (const row of rows) this.#hashes.placements.update(`${mailbox} ${JSON.stringify(sorted(row))}\n`);
  }

  threadKeys(rows: readonly TransferThreadKey[]): void {
    for (const { key, threadId } of rows) this.#hashes.threadKeys.update(`${key} ${threadId}\n`);
  }

  annotation({ mailboxId, name, value }: AnnotationRecord): void {
    this.#hashes.annotations.update(`${mailboxId} ${name} ${Buffer.from(value).toString('base64')}\n`);
  }

  changes(rows: readonly Change[]): void {
    for (const { modSeq, time, items } of rows) {
      this.#hashes.changes.update(`${modSeq} ${time} ${formatItems(items)}\n`);
    }
  }

  /** Ends all of them. */
  digests(): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.entries(this.#hashes).map(([kind, hash]) => [kind, hash.digest('hex')]));
  }
}

/**
 * Reads all of an account back, and every message to the last octet.
 *
 * @throws `STORE_CORRUPT` for a difference; `BLOB_MISSING`, `BLOB_CORRUPT`, `ABORTED`.
 */
export async function proveImport(
  to: StoreContext,
  account: AccountId,
  { state, rows }: { readonly state: TransferState; readonly rows: RowDigests },
  signal: AbortSignal,
): Promise<void> {
  const numbers = await to.engine.transfer.numbers(account);
  const arrived = await to.engine.read(account, (tx) => readTransferState(tx, numbers));
  if (textOf(arrived) !== textOf(state)) throw differs('the state');
  const found = JSON.stringify((await readRows(to, account, state)).digests());
  if (found !== JSON.stringify(rows.digests())) throw differs('records');
  for (let after: ContentId = 0; ; ) {
    const position = after;
    const page = await to.engine.read(account, (tx) => tx.contents(position, PAGE));
    if (page.length === 0) break;
    for (const { contentId, digest, body, tree } of page) {
      const hash = createHash('sha256');
      for await (const chunk of new MessageBody(body, tree, to.blobs).read()) {
        if (signal.aborted) throw new EiderError('ABORTED', 'stopped');
        hash.update(chunk);
      }
      if (hash.digest('hex') !== digest) throw differs(`content ${contentId}`);
    }
    after = (page.at(-1) as StoredContent).contentId;
  }
  const findings = await to.engine.read(account, (tx) => tx.check());
  if (findings.length > 0) throw differs(`a check finds ${findings.length}, first: ${findings[0]?.detail}`);
}

async function readRows(to: StoreContext, account: AccountId, { mailboxes }: TransferState): Promise<RowDigests> {
  const rows = new RowDigests();
  for (const { id } of mailboxes) {
    for await (const page of pagesOfPlacements(to, account, id, 0)) rows.placements(id, page);
  }
  for await (const page of pagesOfThreadKeys(to, account, '')) rows.threadKeys(page);
  for (const annotation of await to.engine.read(account, (tx) => tx.annotations())) rows.annotation(annotation);
  for await (const page of pagesOfChanges(to, account, 0)) rows.changes(page);
  return rows;
}

const textOf = (state: TransferState): string => JSON.stringify(sorted(state));

const differs = (what: string): EiderError => new EiderError('STORE_CORRUPT', `what was kept differs: ${what}`);
