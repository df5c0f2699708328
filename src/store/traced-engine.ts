/** An engine of which each transaction is told on the channel `eider:store.transaction`. */

import type { ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import { PassingEngine } from '../engine/passing-engine.ts';
import type { AccountId } from '../model/ids.ts';
import { traced } from '../tracing/traced.ts';

/** Tells, and passes on. */
export class TracedEngine extends PassingEngine {
  override read<T>(account: AccountId, work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    const message = { engine: this.name, kind: 'read', account } as const;
    return traced('eider:store.transaction', message, () => super.read(account, work));
  }

  override write<T>(account: AccountId, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    const message = { engine: this.name, kind: 'write', account } as const;
    return traced('eider:store.transaction', message, () => super.write(account, work));
  }
}
