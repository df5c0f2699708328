/** What is told on the channels: names, outcomes, ids and counts. Never what mail says, and nothing that lets in. */

import type { LoginRecord, UsedCredential } from '../model/authentication.ts';
import type { AccountId } from '../model/ids.ts';
import type { JobState } from '../model/job.ts';
import type { LoginSource } from '../model/login-source.ts';
import type { DeliveryResult, MailOrigin } from '../model/mail-transaction.ts';
import type { OutboxResult, OutgoingMail } from '../model/outgoing-mail.ts';

/** What went wrong with an operation. Without its message, which may repeat what a client has sent. */
export interface TracedError {
  /**
   * The code of an `EiderError`; else that of the operating system, such as `ECONNRESET`; else the class of the error,
   * such as `TypeError`.
   */
  readonly code: string;
}

/** What all operations have: one object from start to end, on which later fields are filled in. */
export interface OperationMessage {
  /** Set before `error` is told of an operation that failed as a whole. */
  error?: TracedError;
}

/** A request to the API. Ends when the answer begins, which may be a stream. */
export interface RestRequestMessage extends OperationMessage {
  /** Its name in the OpenAPI document, such as `getUser`. */
  readonly operation: string;
  /** In capitals. */
  readonly method: string;
  /** The path with its parameters by name, such as `/users/{user}`. */
  readonly route: string;
  /** Of the W3C's Trace Context, as they were sent; `null` when they were not. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  /** Status of the answer; `null` before it is known. What is refused is no error. */
  status: number | null;
}

/** A command of an IMAP client, from when it is read until its tagged response is written. */
export interface ImapCommandMessage extends OperationMessage {
  /** In capitals, with `UID` where it has that; `unknown` for what is no command. */
  readonly command: string;
  /** Number of the connection, as in the log. */
  readonly connection: number;
  /** The client's, as a trusted proxy tells it when there is one. */
  readonly remoteAddress: string;
  /** Who is logged in when it begins. */
  readonly account: AccountId | null;
  /** Of the tagged response; `null` before it is known, and when the connection ends instead. */
  status: 'OK' | 'NO' | 'BAD' | null;
  /** The response code of a refusal, such as `OVERQUOTA`. */
  code: string | null;
}

/** A message on its way to its recipients. Never fails as a whole: each recipient has an outcome. */
export interface DeliveryMessage extends OperationMessage {
  readonly protocol: MailOrigin['protocol'];
  /** How many were accepted. */
  readonly recipients: number;
  /** One for each recipient, in their order; empty before they are known. */
  outcomes: readonly {
    readonly result: DeliveryResult;
    readonly account: AccountId | null;
    readonly error: TracedError | null;
  }[];
}

/** Messages that are added to a mailbox by IMAP, by the API or by the program; not those that are delivered. */
export interface AppendMessage extends OperationMessage {
  readonly account: AccountId;
  readonly messages: number;
  /** Of all messages; `null` before they are read. */
  octets: number | null;
}

/** A transaction on the records of an account. */
export interface TransactionMessage extends OperationMessage {
  /** Name of the engine: `sqlite`, `mongodb`. */
  readonly engine: string;
  readonly kind: 'read' | 'write';
  readonly account: AccountId;
}

/** A try to send a mail, or to post a webhook. Fails when it is not sent. */
export interface OutboxSendMessage extends OperationMessage {
  /** Names the mail in the outbox. */
  readonly id: string;
  /** `null` for what is only given up, as the process that sent it has died: `interrupted`. */
  readonly kind: OutgoingMail['kind'] | null;
  /** On whose behalf; `null` for an address that only forwards. */
  readonly account: AccountId | null;
  /** Which try it is: 1, 2…; 0 where that is not known. */
  readonly attempt: number;
  /** What became of it; `null` before it is known. */
  result: OutboxResult | null;
}

/** A run of a job. */
export interface JobRunMessage extends OperationMessage {
  readonly id: string;
  readonly kind: string;
  /** `null` for a job of the whole store. */
  readonly account: AccountId | null;
  /** What it is after the run: `waiting` when it comes again; `null` before it is known, and when others took it over. */
  state: JobState | null;
}

/** An attempt to log in, when its outcome is known. */
export interface AuthAttemptMessage {
  /** The protocol. */
  readonly scope: LoginSource['scope'];
  readonly outcome: LoginRecord['outcome'];
  /** `null` when the name is nobody's. */
  readonly account: AccountId | null;
  /** The client's IP address; may be `''`. */
  readonly address: string;
  /** By what it was, where that is known. */
  readonly credential: UsedCredential['kind'] | null;
}

/** News of a connection to a server that is none of HTTP. */
export interface ConnectionMessage {
  /** Of the server: `imap`, `lmtp`. */
  readonly protocol: string;
  /**
   * - `opened`, later `closed`: it is served.
   * - `refused`: there were too many, in all or from one address.
   * - `failed`: its handshake, its proxy's header, or while it was served; then it is closed.
   */
  readonly event: 'opened' | 'closed' | 'refused' | 'failed';
  /** The client's, as a trusted proxy tells it when there is one; `''` where it is not known. */
  readonly remoteAddress: string;
  /** Of what failed. */
  readonly error?: TracedError;
}
