/** The arguments of STORE. RFC 9051 section 6.4.6, RFC 7162 section 3.1.3. */

import type { FlagMode } from '../../model/flags.ts';
import type { Scanner } from './scanner.ts';
import type { SequenceSet } from './sequence-set.ts';

/** Arguments of STORE and UID STORE. */
export interface StoreArguments {
  readonly set: SequenceSet;
  readonly mode: FlagMode;
  readonly silent: boolean;
  /** As typed. */
  readonly flags: readonly string[];
  readonly unchangedSince: number | null;
}

/** From the space before the set to the end. @throws ImapSyntaxError */
export declare function parseStore(scanner: Scanner): StoreArguments;
