/** An engine of which each transaction is told on the channel `eider:store.transaction`. */

import type { AccountTransfer } from '../engine/account-transfer.ts';
import type { Directory, Engine, EngineSupports, ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import type { Vault } from '../engine/vault.ts';
import type { AccountId, BlobId, ModSeq } from '../model/ids.ts';
import { traced } from '../tracing/traced.ts';

/** Passes everything on to another engine. */
export class TracedEngine implements Engine {
  readonly name: string;
  readonly supports: EngineSupports;
  readonly directory: Directory;
  readonly transfer: AccountTransfer;
  readonly vault: Vault;
  /** Only where the engine itself has it. */
  readonly mentions?: (blobIds: readonly BlobId[]) => Promise<Set<BlobId>>;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.name = engine.name;
    this.supports = engine.supports;
    this.directory = engine.directory;
    this.transfer = engine.transfer;
    this.vault = engine.vault;
    if (engine.mentions) this.mentions = engine.mentions.bind(engine);
  }

  read<T>(account: AccountId, work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    const message = { engine: this.name, kind: 'read', account } as const;
    return traced('eider:store.transaction', message, () => this.#engine.read(account, work));
  }

  write<T>(account: AccountId, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    const message = { engine: this.name, kind: 'write', account } as const;
    return traced('eider:store.transaction', message, () => this.#engine.write(account, work));
  }

  subscribe(account: AccountId, listener: (modSeq: ModSeq) => void): () => void {
    return this.#engine.subscribe(account, listener);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
