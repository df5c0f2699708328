/** What an LMTP server can be told. */

import type { ProxyProtocolSettings } from '../net/proxy-protocol.ts';
import type { TlsSettings } from '../net/tls-upgrade.ts';

/** Takes log lines: a pino logger, or anything of that shape. */
export interface LmtpLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Limits where nothing else is said. */
export const LMTP_DEFAULTS = { maxConnections: 1_000, maxRecipients: 1_000, idleTimeoutMs: 300_000 } as const;

/** Options of `createLmtpServer`. */
export interface LmtpServerOptions {
  /** LMTP knows no login: let nobody reach it but the mail transfer agent. @defaultValue `127.0.0.1` */
  readonly host?: string;
  /** 0 for a free one. @defaultValue 0 */
  readonly port?: number;
  /** Key and certificate for STARTTLS. @defaultValue none: STARTTLS is not offered */
  readonly tls?: TlsSettings;
  /**
   * Connections come through proxies, such as HAProxy with `send-proxy-v2`: each begins with a header of the PROXY
   * protocol, version 1 or 2, and one from elsewhere is closed. @defaultValue none; a header is not understood
   */
  readonly proxyProtocol?: ProxyProtocolSettings;
  /** The name that the server calls itself. @defaultValue the host's name */
  readonly name?: string;
  /** Connections at once; more are told to come later. @defaultValue 1,000 */
  readonly maxConnections?: number;
  /** Recipients of one message; more are told to come later. @defaultValue 1,000 */
  readonly maxRecipients?: number;
  /** How long a client may be silent, in milliseconds. @defaultValue 300,000, as RFC 5321 section 4.5.3.2.7 asks */
  readonly idleTimeoutMs?: number;
  /** Whether Return-Path and Delivered-To are put before each message. RFC 5321 section 4.4. @defaultValue `true` */
  readonly traceFields?: boolean;
  /**
   * What is said of an account whose limit is reached: `refuse` for good (552, the sender is told), or `defer`
   * (452, tried again later). @defaultValue `refuse`
   */
  readonly overQuota?: 'refuse' | 'defer';
  /** @defaultValue nothing is logged */
  readonly logger?: LmtpLogger;
}
