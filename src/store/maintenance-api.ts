/** Work on the whole store as programs see it. */

import type { CheckFinding } from '../engine/records.ts';
import type { AccountId } from '../model/ids.ts';

/** Octets by tier. */
export interface StoreStats {
  readonly accounts: number;
  readonly messages: number;
  /** Sum of the messages' sizes, each placement counted. */
  readonly mailOctets: number;
  /** Fast tier. */
  readonly text: number;
  readonly metadata: number;
  readonly search: number;
  readonly free: number;
  /** Attachments as the messages carry them, encoded, each mention counted. */
  readonly attachmentsEncoded: number;
  /** Attachments as they lie on the cheap tier. */
  readonly attachmentsStored: number;
  readonly blobs: number;
}

/** What a check found; nothing means that all is well. */
export interface StoreFinding {
  /** `null` when it concerns no single account. */
  readonly account: AccountId | null;
  readonly kind: CheckFinding['kind'] | 'blobMissing' | 'blobCorrupt' | 'blobOrphan' | 'digest';
  readonly detail: string;
  /** Whether `repair` mends it. A blob within its grace period that nobody mentions is no finding. */
  readonly repairable: boolean;
}

/** How to sweep. */
export interface SweepOptions {
  /** How long a blob may lie without mention, in milliseconds. @defaultValue 3600000, an hour */
  readonly graceMs?: number;
  /** How long changes are remembered, in milliseconds. @defaultValue 2592000000, thirty days */
  readonly changesMs?: number;
  /** Only counts. @defaultValue false */
  readonly dryRun?: boolean;
  /** Stops early; what was removed stays removed. */
  readonly signal?: AbortSignal;
}

/** What a sweep removed, or would remove. */
export interface SweepResult {
  readonly blobs: number;
  /** Of those blobs. */
  readonly octets: number;
  /** Records of transactions. */
  readonly changes: number;
  /** Small records, such as tickets and counters, whose time is over. */
  readonly expired: number;
}

/** Work on the whole store. */
export interface Maintenance {
  /** Recounts, follows every reference both ways; with `rehash` reads all octets and compares digests. */
  check(options?: {
    readonly account?: AccountId;
    readonly rehash?: boolean;
    readonly repair?: boolean;
    readonly signal?: AbortSignal;
  }): AsyncIterable<StoreFinding>;
  /**
   * Removes blobs that no account mentions and that are older than the grace period, and drops records of changes and
   * expunged messages that are older than `changesMs` (a client or a feed that was away for longer starts anew), and
   * small records that have expired.
   */
  sweep(options?: SweepOptions): Promise<SweepResult>;
  /** Whether the database and the attachments can be read at present. Never rejects. */
  health(): Promise<{ readonly engine: boolean; readonly blobs: boolean }>;
  stats(options?: { readonly account?: AccountId }): Promise<StoreStats>;
}
