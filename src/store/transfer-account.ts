/** Copies an account from one store to another as it is, in steps that may be cut off anywhere and done again. */

import { incomingRecord, isIncoming, type TransferProgress, type TransferState } from '../engine/account-transfer.ts';
import type { AccountRecord } from '../engine/engine.ts';
import { readTransferState } from '../engine/transfer-state.ts';
import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import { patternsOf, registerAddresses, requireAddressesFree } from './address-registration.ts';
import type { StoreContext } from './context.ts';
import { findOutbox } from './hidden-mailboxes.ts';
import { markOutbox } from './outbox.ts';
import { isAbsent } from './removed-accounts.ts';
import type { Transfer } from './transfer.ts';
import { copyContents } from './transfer-contents.ts';
import { copyRecords } from './transfer-records.ts';
import { copyVault } from './transfer-vault.ts';
import { verifyTransfer } from './transfer-verify.ts';

/** What became of an account. */
export interface TransferResult {
  /** `there`: the target has had the account before. */
  readonly outcome: 'copied' | 'there';
  /** Messages, each counted once for each mailbox it is in. */
  readonly messages: number;
  /** Octets of all messages, counted so. */
  readonly octets: number;
  readonly mailboxes: number;
}

/**
 * Copies an account with everything that it has: ids, UIDs, modification sequences, flags, dates, threads, records of
 * changes, credentials, small records but counters, and every octet. Nothing in the source changes. Nobody can use the account in the target before
 * all of it is there and was compared; what a transfer that was cut off has left, the next one takes up.
 *
 * @throws `ACCOUNT_NOT_FOUND`; `ACCOUNT_EXISTS`, `ADDRESS_EXISTS` when another account of the target has the name or
 *   an address, or a pattern; `BUSY` when the account changed meanwhile; `STORE_CORRUPT` when the target differs from the source, or
 *   a message of the source is not what its digest says.
 */
export async function transferAccount(transfer: Transfer): Promise<TransferResult> {
  const { from, to, account } = transfer;
  const record = await sourceRecord(from, account);
  const there = await to.engine.directory.get(account);
  const state = await sourceState(from, account);
  const { messages, octets } = state;
  const result = { messages, octets, mailboxes: state.mailboxes.length };
  if (there && !isIncoming(there)) {
    // An earlier run may have been cut off right before this.
    if (!isAbsent(there)) await lead(to, there);
    return { outcome: 'there', ...result };
  }
  await requireFree(to, record);
  await requireAddressesFree(to.engine, record, await patternsOf(from.engine, record));
  await begin(to, record, there, state);
  const mailboxes = state.mailboxes.map(({ id }) => id);
  const progress: TransferProgress = await to.engine.transfer.progress(account, mailboxes);
  await copyContents(transfer, progress.content);
  await copyRecords(transfer, state, progress);
  await to.engine.transfer.putState(account, state);
  await verifyTransfer(transfer, state);
  await copyVault(transfer);
  await requireUnchanged(from, account, state);
  const released = await sourceRecord(from, account);
  await to.engine.transfer.release(released);
  await lead(to, released);
  return { outcome: 'copied', ...result };
}

/** Brings mail to the account, and what waits there to be sent to who sends it. */
export async function lead(to: StoreContext, record: AccountRecord): Promise<void> {
  await registerAddresses(to.engine, record);
  if (await to.engine.read(record.id, findOutbox)) await markOutbox(to, record.id);
}

async function sourceRecord({ engine }: StoreContext, account: AccountId): Promise<AccountRecord> {
  const record = await engine.directory.get(account);
  if (!record || isAbsent(record)) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
  return record;
}

async function sourceState({ engine }: StoreContext, account: AccountId): Promise<TransferState> {
  for (;;) {
    const before = (await engine.read(account, (tx) => tx.state())).modSeq;
    const numbers = await engine.transfer.numbers(account);
    const state = await engine.read(account, (tx) => readTransferState(tx, numbers));
    if (state.modSeq === before) return state;
  }
}

/** Told at once, rather than when all is copied. */
export async function requireFree({ engine }: StoreContext, { id, name, addresses }: AccountRecord): Promise<void> {
  for (const login of [name, ...addresses]) {
    const owner = await engine.directory.find(login);
    if (!owner || owner.id === id) continue;
    throw new EiderError(login === name ? 'ACCOUNT_EXISTS' : 'ADDRESS_EXISTS', `${login} is another account's`);
  }
}

/** Makes the account's place. What was copied of an older state is of no use. */
async function begin(
  { engine }: StoreContext,
  record: AccountRecord,
  there: AccountRecord | null,
  { modSeq }: TransferState,
): Promise<void> {
  const incoming = incomingRecord(record, modSeq);
  if (there?.name === incoming.name) return;
  if (there) await engine.directory.delete(record.id);
  await engine.directory.create(incoming);
}

async function requireUnchanged({ engine }: StoreContext, account: AccountId, state: TransferState): Promise<void> {
  const { modSeq } = await engine.read(account, (tx) => tx.state());
  if (modSeq !== state.modSeq) {
    throw new EiderError('BUSY', 'the account changed while it was copied: stop who writes to it, and copy it again');
  }
}
