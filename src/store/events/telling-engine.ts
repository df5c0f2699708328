/** An engine whose transactions are told of in the log of events. */

import type { Engine, WriteTransaction } from '../../engine/engine.ts';
import { PassingEngine } from '../../engine/passing-engine.ts';
import type { AccountId, ModSeq } from '../../model/ids.ts';
import type { EventPublisher } from './event-publisher.ts';

/** Says before each transaction where to look, and after it that there may be something. */
export class TellingEngine extends PassingEngine {
  readonly #publisher: EventPublisher;

  constructor(engine: Engine, publisher: EventPublisher) {
    super(engine);
    this.#publisher = publisher;
  }

  override async write<T>(account: AccountId, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    await this.#publisher.before(account);
    let modSeq: ModSeq = 0;
    const result = await super.write(account, (tx) => {
      modSeq = tx.modSeq;
      return work(tx);
    });
    this.#publisher.changed(account, modSeq);
    return result;
  }
}
