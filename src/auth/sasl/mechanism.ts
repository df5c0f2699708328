/** What a SASL mechanism is to a server: an exchange of octets that ends in somebody's credentials (RFC 4422). */

import type { BearerHints } from '../../model/authentication.ts';
import type { ScramKeys } from './scram-keys.ts';

/** A fact about the TLS connection that both ends know and nobody between them can make. */
export interface ChannelBinding {
  /** Name in the registry of RFC 5056: `tls-exporter`, `tls-server-end-point`. */
  readonly type: string;
  readonly data: Buffer;
}

/** What SCRAM needs of a server. */
export interface ScramSource {
  /**
   * The keys of the account that `authcid` names, as the client wrote it; `null` for no such account, or one without
   * keys: the client cannot tell. What it rejects with is what the exchange rejects with.
   */
  keys(authcid: string): Promise<ScramKeys | null>;
  /** Makes up the salts of accounts that are not there: the same in all processes and for years, known to nobody else. */
  readonly secret: Buffer;
  /** Iterations that such an account seems to have: those of most accounts. @defaultValue those of new keys */
  readonly iterations?: number;
}

/** What a server offers on one connection; a mechanism without its part is not offered. */
export interface SaslContext {
  /** Those of the connection; empty without TLS. With any, SCRAM-SHA-256-PLUS must be announced. */
  readonly channelBindings: readonly ChannelBinding[];
  readonly scram?: ScramSource;
  readonly bearer?: BearerHints;
}

/** Who the client says to be, and how it can be verified. */
export type SaslCredentials =
  | {
      readonly kind: 'password';
      readonly authcid: string;
      /** Whom the client wants to act as, or `null` for the same. */
      readonly authzid: string | null;
      /** As the client sent it, not in normal form. */
      readonly password: string;
    }
  | {
      readonly kind: 'bearer';
      /** Whose mail is wanted, when the client says; who it is, only the token tells. */
      readonly authzid: string | null;
      readonly token: string;
      /** The server's name and port as the client knows them; `null` when it does not say. */
      readonly host: string | null;
      readonly port: number | null;
    }
  | {
      /** Verified: the client knows the password. */
      readonly kind: 'scram';
      readonly authcid: string;
      readonly authzid: string | null;
      /** Type of the channel binding that held, or `null` for none. */
      readonly channelBinding: string | null;
    };

/**
 * Why an exchange failed.
 *
 * - `malformed`: no message of the mechanism.
 * - `too-long`: a response above the mechanism's limit.
 * - `refused`: wrong credentials, or the server does not let them in.
 * - `channel-binding`: the two ends see different connections, or do not agree on a binding.
 * - `unsupported`: the client insists on an extension, or the server has nothing to verify with.
 * - `cancelled`: by the client.
 * - `out-of-order`: called when it was not its turn; a defect of the caller.
 */
export type SaslFailureReason =
  | 'malformed'
  | 'too-long'
  | 'refused'
  | 'channel-binding'
  | 'unsupported'
  | 'cancelled'
  | 'out-of-order';

/** The end of an exchange that lets nobody in. */
export interface SaslFailure {
  readonly kind: 'failure';
  readonly reason: SaslFailureReason;
  /** Whom the client said to be, when it came so far: for the log and for limits. */
  readonly authcid: string | null;
}

/** How an exchange ends. */
export type SaslEnd = { readonly kind: 'success' } | SaslFailure;

/** Where an exchange waits: for the client's response, or for the server's verdict. */
export type SaslPause =
  | { readonly kind: 'challenge'; readonly data: Buffer }
  | { readonly kind: 'credentials'; readonly credentials: SaslCredentials };

/** What is to be done next. */
export type SaslStep = SaslPause | SaslEnd;

/**
 * One authentication. After a `challenge` comes `step` with the client's response to it, after `credentials` comes
 * `answer`, and `success` or `failure` is the end. Nobody is let in before `success`: more may be said after the
 * verdict, as SCRAM's proof that the server knew the keys.
 */
export interface SaslExchange {
  /**
   * Takes the client's octets, decoded from base64. First the initial response, or `null` when there is none.
   * No octets make it reject; it does with what the context rejects with, and has failed then.
   */
  step(response: Buffer | null): Promise<SaslStep>;
  /** Takes the verdict on the credentials. */
  answer(accepted: boolean): Promise<SaslStep>;
}

/** A mechanism, on the server's side. */
export interface SaslMechanism {
  /** As registered, in upper case. */
  readonly name: string;
  /** Most octets of one response, before base64. */
  readonly maxResponse: number;
  start(context: SaslContext): SaslExchange;
}
