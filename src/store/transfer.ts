/** What the steps of a transfer of an account work with. */

import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import type { StoreContext } from './context.ts';

/** What a transfer does, in order. */
export type TransferStep = 'contents' | 'records' | 'verify';

/** One transfer. */
export interface Transfer {
  readonly from: StoreContext;
  readonly to: StoreContext;
  readonly account: AccountId;
  readonly signal?: AbortSignal;
  /** Told of each step's work as it is done: messages, and their octets. `again`: an earlier run has done it. */
  readonly onProgress?: (step: TransferStep, messages: number, octets: number, again: boolean) => void;
}

/** @throws `ABORTED`. */
export function requireGoing({ signal }: Transfer): void {
  if (signal?.aborted) throw new EiderError('ABORTED', 'stopped');
}
