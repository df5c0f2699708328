/** How processes that share a store wake each other. */

import type { AccountId } from '../model/ids.ts';

/**
 * A channel between processes on one store, such as Node's cluster messages. It only makes notices faster: what is
 * lost on it is found by looking.
 */
export interface PeerChannel {
  /** Tells the others that an account changed. Must not throw, must not block. */
  announce(account: AccountId): void;
  /** Calls `listener` with what the others announced. Returns the function that ends it. */
  listen(listener: (account: AccountId) => void): () => void;
}
