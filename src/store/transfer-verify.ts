/** Compares an account with what became of it in another store, to the last octet. */

import { createHash } from 'node:crypto';
import type { TransferState } from '../engine/account-transfer.ts';
import { formatItems } from '../engine/change-text.ts';
import type { StoredContent } from '../engine/engine.ts';
import { readTransferState } from '../engine/transfer-state.ts';
import { EiderError } from '../errors.ts';
import { MessageBody } from '../mime/message-body.ts';
import type { ContentId } from '../model/ids.ts';
import type { StoreContext } from './context.ts';
import { requireGoing, type Transfer } from './transfer.ts';
import { pagesOfChanges, pagesOfPlacements, pagesOfThreadKeys } from './transfer-records.ts';

const PAGE = 20;

/** @throws `STORE_CORRUPT` for the first difference; `BLOB_MISSING`, `BLOB_CORRUPT`. */
export async function verifyTransfer(transfer: Transfer, state: TransferState): Promise<void> {
  const { from, to, account } = transfer;
  const numbers = await to.engine.transfer.numbers(account);
  const arrived = await to.engine.read(account, (tx) => readTransferState(tx, numbers));
  requireSame('the state', JSON.stringify(sorted(state)), JSON.stringify(sorted(arrived)));
  for (const { id, path } of state.mailboxes) {
    const rows = (context: StoreContext) => pagesOfPlacements(context, account, id, 0);
    await comparePages(transfer, `messages of ${path}`, rows, (row) => JSON.stringify(sorted(row)));
  }
  await comparePages(
    transfer,
    'keys of threads',
    (context) => pagesOfThreadKeys(context, account, ''),
    ({ key, threadId }) => `${key} ${threadId}`,
  );
  const annotations = async ({ engine }: StoreContext) =>
    (await engine.read(account, (tx) => tx.annotations())).map(
      ({ mailboxId, name, value }) => `${mailboxId} ${name} ${Buffer.from(value).toString('base64')}`,
    );
  requireSame('annotations', (await annotations(from)).join('\n'), (await annotations(to)).join('\n'));
  await comparePages(
    transfer,
    'changes',
    (context) => pagesOfChanges(context, account, 0),
    ({ modSeq, time, items }) => `${modSeq} ${time} ${formatItems(items)}`,
  );
  for (const { id, path } of state.mailboxes) {
    const gone = (context: StoreContext) =>
      context.engine.read(account, async (tx) => String(await tx.vanished(id, state.changesExpired)));
    requireSame(`what vanished from ${path}`, await gone(from), await gone(to));
  }
  await compareContents(transfer);
  const findings = await to.engine.read(account, (tx) => tx.check());
  if (findings.length > 0) throw differs(`a check finds ${findings.length}, first: ${findings[0]?.detail}`);
}

/** The contents of both sides, by id; those of the target are read to the last octet. */
async function compareContents(transfer: Transfer): Promise<void> {
  const { to, onProgress } = transfer;
  const sources = contentsOf(transfer.from, transfer);
  for await (const content of contentsOf(to, transfer)) {
    requireGoing(transfer);
    const source = (await sources.next()).value;
    requireSame('contents', `${source?.contentId} ${source?.digest}`, `${content.contentId} ${content.digest}`);
    const hash = createHash('sha256');
    for await (const chunk of new MessageBody(content.body, content.tree, to.blobs).read()) hash.update(chunk);
    requireSame(`octets of content ${content.contentId}`, content.digest, hash.digest('hex'));
    onProgress?.('verify', 1, content.body.size, false);
  }
  if (!(await sources.next()).done) throw differs('the source has more contents');
}

async function* contentsOf(
  { engine }: StoreContext,
  { account }: Transfer,
): AsyncGenerator<StoredContent, undefined, undefined> {
  for (let after: ContentId = 0; ; ) {
    const position = after;
    const page = await engine.read(account, (tx) => tx.contents(position, PAGE));
    yield* page;
    if (page.length === 0) return undefined;
    after = (page.at(-1) as StoredContent).contentId;
  }
}

/** Both sides page by page; neither is in memory as a whole. */
async function comparePages<T>(
  transfer: Transfer,
  what: string,
  pages: (context: StoreContext) => AsyncGenerator<T[], void, undefined>,
  text: (row: T) => string,
): Promise<void> {
  const others = pages(transfer.to);
  for await (const page of pages(transfer.from)) {
    requireGoing(transfer);
    const other = (await others.next()).value ?? [];
    requireSame(what, page.map(text).join('\n'), other.map(text).join('\n'));
  }
  if (!(await others.next()).done) throw differs(`${what}: the target has more`);
}

function requireSame(what: string, source: string, target: string): void {
  if (source !== target) throw differs(what);
}

const differs = (what: string): EiderError => new EiderError('STORE_CORRUPT', `the copy differs: ${what}`);

/** Fields in the order of their names, so that both engines' records compare. */
export const sorted = (record: object): object =>
  Object.fromEntries(
    Object.entries(record)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, deep(value)]),
  );

function deep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deep);
  return typeof value === 'object' && value !== null ? sorted(value) : value;
}
