/** What all operations of an API share. */

import type { AccountId } from '../model/ids.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { AnsweredLists } from './messages/answered-lists.ts';
import type { Metrics } from './metrics.ts';
import type { RequestLimiter } from './request-limiter.ts';

/** Where log lines go, in the manner of pino. */
export interface RestLogger {
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What is known of a request beside itself. */
export interface RequestInfo {
  /** IP address of the client, where it is known. */
  readonly address?: string;
  /** Lets the body take any time: an operation that bounds it otherwise calls this once it knows who asks. */
  readonly letBodyTakeTime?: () => void;
}

/** Limits of an API. */
export interface RestLimits {
  /** Octets of a body that is no message. @defaultValue 1 MB */
  readonly bodyOctets: number;
  /** Octets of a message with its attachments in JSON. @defaultValue 32 MB */
  readonly messageBodyOctets: number;
  /** Milliseconds that an operation may take. @defaultValue 60,000 */
  readonly requestMs: number;
  /** Milliseconds that the body of a request may take, on a server of ours; a file of accounts any. @defaultValue 300,000 */
  readonly bodyMs: number;
  /** Milliseconds without an octet of a file of accounts that comes in. @defaultValue 60,000 */
  readonly importIdleMs: number;
  /** Requests a minute by one token that is not of role `root`. @defaultValue 6,000 */
  readonly requestsPerMinute: number;
  /** Tokens that are none, a minute by one address (of IPv6 its /64). @defaultValue 30 */
  readonly badTokensPerMinute: number;
  /** Streams of events that are open at once, in all and of one user. @defaultValue 1,000 and 20 */
  readonly streams: number;
  readonly streamsPerUser: number;
  /** A stream without events has a comment so often, in milliseconds. @defaultValue 15,000 */
  readonly idleMs: number;
}

const BODY_MS = 300_000;
const IMPORT_IDLE_MS = 60_000;

/** The defaults of {@link RestLimits}. */
export const REST_LIMITS: RestLimits = {
  bodyOctets: 1024 * 1024,
  messageBodyOctets: 32 * 1024 * 1024,
  requestMs: 60_000,
  bodyMs: BODY_MS,
  importIdleMs: IMPORT_IDLE_MS,
  requestsPerMinute: 6_000,
  badTokensPerMinute: 30,
  streams: 1_000,
  streamsPerUser: 20,
  idleMs: 15_000,
};

/** What all operations of an API share. */
export interface RestContext {
  readonly store: MessageStore;
  readonly limits: RestLimits;
  readonly limiter: RequestLimiter;
  readonly logger: RestLogger | null;
  /** `null` where nothing is counted. */
  readonly metrics: Metrics | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Streams that are open, by account. */
  readonly streams: Map<AccountId, number>;
  readonly answeredLists: AnsweredLists;
  /** Aborted when the API is closed. */
  readonly closing: AbortSignal;
}
