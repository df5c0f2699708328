/** Reads a file of accounts, and brings in one after the other. */

import { isIncoming } from '../engine/account-transfer.ts';
import type { AccountRecord } from '../engine/engine.ts';
import { isEiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import type { ImportedAccount } from '../model/portable.ts';
import type { StoreContext } from './context.ts';
import { EXPORT_VERSION, type ExportedRecord } from './export-lines.ts';
import { importAccount } from './import-account.ts';
import { ImportLease } from './import-lease.ts';
import { ImportReader, invalidExport } from './import-reader.ts';
import { accountOf, count } from './import-rows.ts';

/** What an import works with. */
export interface FileImport {
  readonly to: StoreContext;
  /** As in `AccountImport`, for each account; `seal` is the file's. */
  readonly sealFor: (account: AccountId, record: ExportedRecord, seal: string | null) => string;
  readonly signal?: AbortSignal | undefined;
}

/** See `Portable.import`. */
export async function* importAccounts(
  octets: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { to, sealFor, signal }: FileImport,
): AsyncGenerator<ImportedAccount, void, undefined> {
  const reader = new ImportReader(octets);
  try {
    const seal = await readBeginning(reader);
    for (let accounts = 0; ; ) {
      const line = await reader.line();
      if (line.type === 'end') {
        if (count(line.accounts) !== accounts) throw invalidExport('accounts of the file are missing');
        await reader.requireEnd();
        return;
      }
      if (line.type !== 'account') throw invalidExport('the file has a line that has no place there');
      reader.beginDigest();
      const record = accountOf(line.record);
      const outcome = await importOne(reader, to, record, (row) => sealFor(record.id, row, seal), signal);
      if (outcome === null) continue;
      accounts++;
      yield outcome;
    }
  } finally {
    await reader.close();
  }
}

/** @throws `EXPORT_INVALID` for another format, and for a version after ours. */
async function readBeginning(reader: ImportReader): Promise<string | null> {
  const line = await reader.line();
  if (line.type !== 'eider-accounts') throw invalidExport('this is no file of accounts');
  if (count(line.version) > EXPORT_VERSION) throw invalidExport('a newer version of eider wrote the file');
  return typeof line.seal === 'string' ? line.seal : null;
}

/** `null` when the file begins the account anew. */
async function importOne(
  reader: ImportReader,
  to: StoreContext,
  record: AccountRecord,
  sealFor: (record: ExportedRecord) => string,
  signal: AbortSignal | undefined,
): Promise<ImportedAccount | null> {
  const told = { id: record.id, name: record.name, reason: null, messages: 0, octets: 0 };
  const there = await to.engine.directory.get(record.id);
  if (there && !isIncoming(there)) return (await passOver(reader)) ? { ...told, outcome: 'existing' } : null;
  try {
    await using lease = await ImportLease.take(to.engine.vault, record.id);
    const signals = signal ? [signal, lease.signal] : [lease.signal];
    const state = await importAccount({ to, record, reader, lease, sealFor, signal: AbortSignal.any(signals) });
    if (state === null) return null;
    return { ...told, outcome: 'imported', messages: state.messages, octets: state.octets };
  } catch (error) {
    if (!isEiderError(error, 'ACCOUNT_EXISTS', 'ADDRESS_EXISTS', 'BUSY')) throw error;
    if (!(await passOver(reader))) return null;
    return { ...told, outcome: 'failed', reason: error.message };
  }
}

/** Reads to the end of an account; `false` when it comes again. */
async function passOver(reader: ImportReader): Promise<boolean> {
  if (reader.isDone) return true;
  for (;;) {
    const line = await reader.line();
    if (line.type === 'done') {
      if (line.digest !== reader.digest()) throw invalidExport('an account of the file is damaged');
      return true;
    }
    if (line.type === 'again') return false;
    if (line.type === 'content') for await (const _ of reader.octets(count(line.octets)));
    else if (line.type === 'end' || line.type === 'account' || line.type === 'eider-accounts') {
      throw invalidExport('the file has a line that has no place there');
    }
  }
}
