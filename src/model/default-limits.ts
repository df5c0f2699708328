/** Limits of accounts of which nothing else was said, as they can be changed while the store is open. */

import type { LimitsChange } from './account-limits.ts';

/** Default limits as a store has them. They go before those of `openStore({ limits })`, and after an account's own. */
export interface DefaultLimits {
  /** Those of `openStore({ limits })`. */
  readonly given: LimitsChange;
  /** Those that were set: `null` for no limit, absent where nothing was set. As they stand now. */
  stored(): Promise<LimitsChange>;
  /** What holds: those that were set over those given. What other processes have set is seen within five seconds. */
  inForce(): Promise<LimitsChange>;
  /**
   * Sets what is given, `null` for no limit; what is absent stays. Holds at once in this process.
   *
   * @throws `INVALID_ARGUMENT` for what is no whole number from 0 up, or no limit that there is; `BUSY`.
   */
  set(change: LimitsChange): Promise<void>;
  /** Takes back what was set of one limit: that of `openStore` holds again. @throws `BUSY`. */
  reset(name: keyof LimitsChange): Promise<void>;
}
