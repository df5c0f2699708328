/** An engine that passes everything on to another: what stands between a store and its engine begins with it. */

import type { AccountId, BlobId, ModSeq } from '../model/ids.ts';
import type { AccountTransfer } from './account-transfer.ts';
import type { Directory, Engine, EngineSupports, ReadTransaction, WriteTransaction } from './engine.ts';
import type { Vault } from './vault.ts';

/** Does nothing of its own. */
export class PassingEngine implements Engine {
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
    return this.#engine.read(account, work);
  }

  write<T>(account: AccountId, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#engine.write(account, work);
  }

  subscribe(account: AccountId, listener: (modSeq: ModSeq) => void): () => void {
    return this.#engine.subscribe(account, listener);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
