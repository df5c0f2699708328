/** The lines of a file of accounts: JSON, one a line, and after a line with `octets` so many octets as they are. */

import type { TransferPlacement, TransferState, TransferThreadKey } from '../engine/account-transfer.ts';
import type { AccountRecord } from '../engine/engine.ts';
import type { AccountId } from '../model/ids.ts';

/** Of the format. A reader takes its own and those before. */
export const EXPORT_VERSION = 1;
/** Most octets of one line. */
export const MAX_LINE_OCTETS = 33_554_432;
/** What {@link SealCheck} seals, and for what. */
export const SEAL_CHECK = 'eider export';

/** A small record without its version, which is the store's own. */
export interface ExportedRecord {
  readonly kind: string;
  readonly key: string;
  readonly value: string;
  readonly expires: number | null;
}

/** The number of each kind that an account has in a file. */
export interface ExportCounts {
  readonly records: number;
  readonly contents: number;
  readonly placements: number;
  readonly threadKeys: number;
  readonly annotations: number;
  readonly changes: number;
}

/** A line. Those of an account come in this order, from `account` to `done`. */
export type ExportLine =
  /** The first of the file. `seal` is known text, sealed by who sealed the rest; `null` for nobody. */
  | {
      readonly type: 'eider-accounts';
      readonly version: number;
      readonly created: number;
      readonly seal: string | null;
    }
  | { readonly type: 'account'; readonly record: AccountRecord }
  | { readonly type: 'records'; readonly rows: readonly ExportedRecord[] }
  /** Followed by the message. `digest` is its SHA-256 in lower-case hex. */
  | { readonly type: 'content'; readonly id: number; readonly digest: string; readonly octets: number }
  | { readonly type: 'state'; readonly state: TransferState }
  /** `shared`: which of their contents other placements of the account have too. */
  | {
      readonly type: 'placements';
      readonly mailbox: number;
      readonly rows: readonly TransferPlacement[];
      readonly shared: readonly number[];
    }
  | { readonly type: 'threadKeys'; readonly rows: readonly TransferThreadKey[] }
  /** Values in base64. */
  | {
      readonly type: 'annotations';
      readonly rows: readonly { readonly mailboxId: number | null; readonly name: string; readonly value: string }[];
    }
  /** Items as the engines keep them. */
  | {
      readonly type: 'changes';
      readonly rows: readonly { readonly modSeq: number; readonly time: number; readonly items: string }[];
    }
  /** What was told of the account is of no use: it changed. It comes again. */
  | { readonly type: 'again'; readonly id: AccountId }
  /** `digest`: SHA-256 of all octets from the account's first line to the one before this. */
  | { readonly type: 'done'; readonly id: AccountId; readonly counts: ExportCounts; readonly digest: string }
  /** The last of the file. */
  | { readonly type: 'end'; readonly accounts: number };

/** A line in octets. */
export function lineOctets(line: ExportLine): Buffer {
  return Buffer.from(`${JSON.stringify(line)}\n`);
}
