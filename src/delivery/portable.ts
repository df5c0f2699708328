/** Accounts as a file, with what is sealed in it sealed for whoever is to open it. */

import { resealed } from '../auth/sealed-records.ts';
import { Sealer } from '../crypto/sealer.ts';
import { EiderError, isEiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import type { ExportOptions, ImportedAccount, ImportOptions, Portable } from '../model/portable.ts';
import type { StoreContext } from '../store/context.ts';
import { exportAccount } from '../store/export-account.ts';
import { EXPORT_VERSION, type ExportedRecord, lineOctets, SEAL_CHECK } from '../store/export-lines.ts';
import { importAccounts } from '../store/import-accounts.ts';

/** See {@link Portable}. */
export class StorePortable implements Portable {
  readonly #context: StoreContext;
  readonly #sealer: Sealer | null;

  constructor(context: StoreContext, sealer: Sealer | null) {
    this.#context = context;
    this.#sealer = sealer;
  }

  async *export({ accounts, transferSecret, signal }: ExportOptions): AsyncGenerator<Uint8Array, void, undefined> {
    const sealer = transferSecret ? new Sealer(transferSecret) : this.#sealer;
    const seal = sealer?.seal(SEAL_CHECK, SEAL_CHECK) ?? null;
    const sealFor = (account: AccountId, record: ExportedRecord): string => {
      if (!transferSecret) return record.value;
      const again = (place: string, sealed: string): string =>
        (sealer as Sealer).seal(place, needSealer(this.#sealer).open(place, sealed));
      return resealed(account, record, again) ?? record.value;
    };
    yield lineOctets({ type: 'eider-accounts', version: EXPORT_VERSION, created: Date.now(), seal });
    let count = 0;
    for await (const account of accounts) {
      yield* exportAccount({ from: this.#context, account, sealFor, signal });
      count++;
    }
    yield lineOctets({ type: 'end', accounts: count });
  }

  async *import(
    octets: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { transferSecret, signal }: ImportOptions = {},
  ): AsyncGenerator<ImportedAccount, void, undefined> {
    const transfer = transferSecret ? new Sealer(transferSecret) : null;
    const sealFor = (account: AccountId, record: ExportedRecord, seal: string | null): string => {
      const again = (place: string, sealed: string): string => {
        const own = needSealer(this.#sealer);
        const text = openSealed(transfer ?? own, place, sealed, seal);
        return transfer ? own.seal(place, text) : sealed;
      };
      return resealed(account, record, again) ?? record.value;
    };
    yield* importAccounts(octets, { to: this.#context, sealFor, signal });
  }
}

/** Without it a second factor would be lost, or lock its owner out. @throws `INVALID_ARGUMENT`, `EXPORT_INVALID`. */
function openSealed(sealer: Sealer, place: string, sealed: string, seal: string | null): string {
  try {
    if (seal !== null) sealer.open(SEAL_CHECK, seal);
  } catch (error) {
    if (!isEiderError(error, 'UNSUPPORTED')) throw error;
    throw new EiderError('INVALID_ARGUMENT', 'what is sealed in the file was sealed under another secret');
  }
  try {
    return sealer.open(place, sealed);
  } catch (error) {
    if (!isEiderError(error, 'UNSUPPORTED')) throw error;
    throw new EiderError('EXPORT_INVALID', 'what is sealed in the file cannot be opened', { cause: error });
  }
}

function needSealer(sealer: Sealer | null): Sealer {
  if (!sealer) throw new EiderError('UNSUPPORTED', 'the store was opened without a secret, and something is sealed');
  return sealer;
}
