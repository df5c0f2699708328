/** What MongoDB's errors mean to the store. Known by names, codes and labels, so that the driver need not be loaded. */

import { EiderError, type ErrorCode } from '../errors.ts';

const DUPLICATE_KEY = 11000;
const ILLEGAL_OPERATION = 20;

const UNAVAILABLE = ['UNAVAILABLE', 'the database cannot be reached at present'] as const;
const BUSY = ['BUSY', 'others hold what the operation needs'] as const;
const CLOSED = ['STORE_CLOSED', 'the connection to the database is closed'] as const;
const NOT_ALLOWED = ['STORE_UNSUITABLE', 'the database does not let the store in'] as const;
const TOO_OLD = ['STORE_UNSUITABLE', 'the version of the database is not supported'] as const;
const STANDALONE = ['STORE_UNSUITABLE', 'the database has to be a replica set or a sharded cluster'] as const;
const FULL = ['DISK_FULL', 'no space is left in the database'] as const;

type Meaning = readonly [ErrorCode, string];

/** By the server's code. */
const CODES: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [14031, FULL], // OutOfDiskSpace
  [13, NOT_ALLOWED], // Unauthorized
  [18, NOT_ALLOWED], // AuthenticationFailed
  [24, BUSY], // LockTimeout
  [46, BUSY], // LockBusy
  [112, BUSY], // WriteConflict
  [117, BUSY], // ConflictingOperationInProgress
  [16_908_292, BUSY], // a deadlock, as DocumentDB tells it when a statement of several operations meets one
  [6, UNAVAILABLE], // HostUnreachable
  [7, UNAVAILABLE], // HostNotFound
  [50, UNAVAILABLE], // MaxTimeMSExpired
  [64, UNAVAILABLE], // WriteConcernTimeout
  [70, UNAVAILABLE], // ShardNotFound
  [89, UNAVAILABLE], // NetworkTimeout
  [91, UNAVAILABLE], // ShutdownInProgress
  [100, UNAVAILABLE], // UnsatisfiableWriteConcern
  [133, UNAVAILABLE], // FailedToSatisfyReadPreference
  [134, UNAVAILABLE], // ReadConcernMajorityNotAvailableYet
  [150, UNAVAILABLE], // StaleEpoch
  [189, UNAVAILABLE], // PrimarySteppedDown
  [202, UNAVAILABLE], // NetworkInterfaceExceededTimeLimit
  [262, UNAVAILABLE], // ExceededTimeLimit
  [371, UNAVAILABLE], // UserWritesBlocked
  [9001, UNAVAILABLE], // SocketException
  [10058, UNAVAILABLE], // LegacyNotPrimary
  [10107, UNAVAILABLE], // NotWritablePrimary
  [11600, UNAVAILABLE], // InterruptedAtShutdown
  [11602, UNAVAILABLE], // InterruptedDueToReplStateChange
  [13388, UNAVAILABLE], // StaleConfig
  [13435, UNAVAILABLE], // NotPrimaryNoSecondaryOk
  [13436, UNAVAILABLE], // NotPrimaryOrSecondary
]);

/** By the driver's name. */
const NAMES: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['MongoNetworkError', UNAVAILABLE],
  ['MongoNetworkTimeoutError', UNAVAILABLE],
  ['MongoServerSelectionError', UNAVAILABLE],
  ['MongoSystemError', UNAVAILABLE],
  ['MongoStalePrimaryError', UNAVAILABLE],
  ['MongoOperationTimeoutError', UNAVAILABLE],
  ['MongoPoolClearedError', UNAVAILABLE],
  ['PoolClearedOnNetworkError', UNAVAILABLE],
  ['MongoWaitQueueTimeoutError', UNAVAILABLE],
  // A member that left the cluster is closed, too.
  ['MongoPoolClosedError', UNAVAILABLE],
  ['MongoServerClosedError', UNAVAILABLE],
  ['MongoClientClosedError', CLOSED],
  ['MongoTopologyClosedError', CLOSED],
  ['MongoNotConnectedError', CLOSED],
  ['MongoExpiredSessionError', CLOSED],
  ['MongoCompatibilityError', TOO_OLD],
]);

/** By the system's code: the driver lets some errors of its sockets through as they are. */
const SOCKET_CODES: ReadonlySet<unknown> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** With one of these the same call may succeed a little later. */
const PASSING: readonly string[] = [
  'RetryableWriteError',
  'TransientTransactionError',
  'UnknownTransactionCommitResult',
  'RetryableError',
  'SystemOverloadedError',
];

interface MongoLike {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly errorLabels?: unknown;
}

/** Whether a document with the same `_id`, or with the same key of a unique index, is there already. */
export function isDuplicateKey(error: unknown): boolean {
  return (error as MongoLike | null)?.code === DUPLICATE_KEY;
}

/**
 * The error that the store's caller sees: `UNAVAILABLE`, `BUSY`, `DISK_FULL`, `STORE_CLOSED`, `STORE_UNSUITABLE`, or
 * the same error when it is none of the cluster's states.
 */
export function toEiderError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof EiderError) return error;
  // A bulk write wraps what the driver met, without its name.
  const { errorResponse } = error as { errorResponse?: unknown };
  const meaning = meaningOf(error) ?? (errorResponse instanceof Error ? meaningOf(errorResponse) : undefined);
  return meaning ? new EiderError(meaning[0], meaning[1], { cause: error }) : error;
}

function meaningOf({ name, code, message, errorLabels }: MongoLike): Meaning | undefined {
  if (SOCKET_CODES.has(code)) return UNAVAILABLE;
  if (!String(name).startsWith('Mongo') && !NAMES.has(String(name))) return undefined;
  const known = CODES.get(Number(code)) ?? NAMES.get(String(name));
  if (known) return known;
  if (Array.isArray(errorLabels) && PASSING.some((label) => errorLabels.includes(label))) return UNAVAILABLE;
  // A server on its own numbers no transactions, and so cannot retry writes either.
  if (code === ILLEGAL_OPERATION && /retryable writes|transaction numbers/i.test(String(message))) return STANDALONE;
  return undefined;
}

/** Whether others were faster: the same transaction is to be done once more. */
export function isConflict(error: unknown): boolean {
  const code = (toEiderError(error) as Partial<EiderError> | null)?.code;
  return code === 'BUSY' || isDuplicateKey(error);
}

/** Whether the database was away, or went away. */
export function isUnavailable(error: unknown): boolean {
  return (toEiderError(error) as Partial<EiderError> | null)?.code === 'UNAVAILABLE';
}
