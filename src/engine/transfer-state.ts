/** An account's state as a transfer takes it. */

import type { TransferNumbers, TransferState } from './account-transfer.ts';
import type { ReadTransaction } from './engine.ts';

/** A state as `AccountTransfer.putState` takes it. */
export async function readTransferState(tx: ReadTransaction, numbers: TransferNumbers): Promise<TransferState> {
  const state = await tx.state();
  return { ...state, ...numbers, mailboxes: await tx.mailboxes(), subscriptions: await tx.subscriptions() };
}
