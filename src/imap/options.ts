/** How an IMAP server is set up. */

import type { ProxyProtocolSettings } from '../net/proxy-protocol.ts';
import type { TlsSettings } from '../net/tls-upgrade.ts';
import { type CommandLimits, LIMITS_AFTER_LOGIN, LIMITS_BEFORE_LOGIN } from './wire/command-limits.ts';

/** Bounds for what a client may use. Times in milliseconds; `Infinity` lifts a bound of a count. */
export interface ImapLimits {
  /** Connections in all. @defaultValue 10,000 */
  readonly connections: number;
  /** Connections from one IPv4 address or IPv6 /64. @defaultValue 100 */
  readonly connectionsPerAddress: number;
  /** Sessions of one account in this process. @defaultValue 15 */
  readonly sessionsPerAccount: number;
  /** From the connection to a successful login. @defaultValue 60,000 */
  readonly loginTimeoutMs: number;
  /**
   * Of a client that says nothing, also in IDLE; 30 minutes at least by RFC 9051 section 5.4, as clients begin IDLE anew
   * after 29. @defaultValue 1,860,000 (31 minutes)
   */
  readonly idleTimeoutMs: number;
  /** Of a client that stops in the middle of a message it appends. @defaultValue 300,000 */
  readonly literalTimeoutMs: number;
  /** Of a client that takes nothing of what it asked for. @defaultValue 120,000 */
  readonly writeTimeoutMs: number;
  /** Between signs of life during a command that takes long. @defaultValue 10,000 */
  readonly progressMs: number;
  /** Between signs of life during IDLE. @defaultValue 150,000 */
  readonly keepAliveMs: number;
  /** Refused logins on one connection before it is closed. @defaultValue 5 */
  readonly loginFailures: number;
  /** Added to the answer of each refused login, times the number of refusals so far. @defaultValue 1,000 */
  readonly loginFailureDelayMs: number;
  /** Between two looks at whether the credentials of open sessions are good still. @defaultValue 60,000 */
  readonly credentialCheckMs: number;
  /** Commands in a row that are not understood before the connection is closed. @defaultValue 50 */
  readonly badCommands: number;
  /** How much of a command is read before login. */
  readonly beforeLogin: CommandLimits;
  /** How much of a command is read after login. */
  readonly afterLogin: CommandLimits;
  /** Messages of one APPEND. @defaultValue 1,000 */
  readonly appendMessages: number;
  /** Octets of all messages of one APPEND. @defaultValue 268,435,456 */
  readonly appendOctets: number;
  /** Octets of memory for mailboxes that no session has open. @defaultValue 67,108,864 */
  readonly cacheOctets: number;
}

/** Limits that are set; the others stay what they are. */
export type ImapLimitOptions = Partial<Omit<ImapLimits, 'beforeLogin' | 'afterLogin'>> & {
  readonly beforeLogin?: Partial<CommandLimits>;
  readonly afterLogin?: Partial<CommandLimits>;
};

/** {@link ImapLimits} where nothing else is said. */
export const DEFAULT_LIMITS: ImapLimits = {
  connections: 10_000,
  connectionsPerAddress: 100,
  sessionsPerAccount: 15,
  loginTimeoutMs: 60_000,
  idleTimeoutMs: 1_860_000,
  literalTimeoutMs: 300_000,
  writeTimeoutMs: 120_000,
  progressMs: 10_000,
  keepAliveMs: 150_000,
  loginFailures: 5,
  loginFailureDelayMs: 1_000,
  credentialCheckMs: 60_000,
  badCommands: 50,
  beforeLogin: LIMITS_BEFORE_LOGIN,
  afterLogin: LIMITS_AFTER_LOGIN,
  appendMessages: 1_000,
  appendOctets: 268_435_456,
  cacheOctets: 67_108_864,
};

/** All limits, of which some are set. */
export function limitsOf({ beforeLogin, afterLogin, ...others }: ImapLimitOptions): ImapLimits {
  return {
    ...DEFAULT_LIMITS,
    ...others,
    beforeLogin: { ...DEFAULT_LIMITS.beforeLogin, ...beforeLogin },
    afterLogin: { ...DEFAULT_LIMITS.afterLogin, ...afterLogin },
  };
}

/** Takes log lines: a pino logger, or anything of that shape. */
export interface ImapLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What a client says of itself by ID: names in lower case, values `null` for NIL. RFC 2971. */
export type ClientId = Readonly<Record<string, string | null>>;

/** A session, as hooks are told of it. */
export interface ImapSessionInfo {
  /** Of this process, rising. */
  readonly id: number;
  /** The client's, as a trusted proxy tells it when there is one. */
  readonly remoteAddress: string;
  /** Whether the client speaks TLS, to this server or to a trusted proxy. */
  readonly secure: boolean;
  /** Login name, or `null` before login. */
  readonly accountName: string | null;
}

/** Options of `createImapServer`. */
export interface ImapServerOptions {
  /** @defaultValue `127.0.0.1` */
  readonly host?: string;
  /** 0 for a free one. @defaultValue 0 */
  readonly port?: number;
  /** Key and certificate, for STARTTLS or (with `secure`) for TLS from the first octet. */
  readonly tls?: TlsSettings;
  /** TLS from the first octet. Needs `tls`. @defaultValue false */
  readonly secure?: boolean;
  /**
   * A second port, with TLS from the first octet (993 by RFC 8314 section 3.2); 0 for a free one. Needs `tls`. Limits
   * count for both together. @defaultValue none
   */
  readonly securePort?: number;
  /**
   * Connections come through proxies, such as HAProxy with `send-proxy-v2`: each begins with a header of the PROXY
   * protocol, version 1 or 2, that says whose it is, before TLS as well. Limits by address and the log then know the
   * client's address; a client that speaks TLS to the proxy, by its header, may log in without STARTTLS. Connections
   * from elsewhere are closed. @defaultValue none; a header is not understood
   */
  readonly proxyProtocol?: ProxyProtocolSettings;
  /** Passwords are taken on connections without TLS. @defaultValue false: LOGINDISABLED there */
  readonly insecureAuth?: boolean;
  /** All of them with their defaults, and what is answered: `docs/limits.md`. */
  readonly limits?: ImapLimitOptions;
  /** @defaultValue nothing is logged */
  readonly logger?: ImapLogger;
  /** What ID tells of this server. @defaultValue `name` only */
  readonly serverId?: Readonly<Record<string, string>>;
  /**
   * How clients reach who runs the server, a URI such as `mailto:postmaster@example.org`: the annotation `/shared/admin`
   * of RFC 5464. An account that has an annotation of that name tells its own. @defaultValue not told
   */
  readonly adminUri?: string;
  /**
   * Asked about each connection before it gets its greeting (with implicit TLS, after the handshake). `false` refuses it:
   * it gets `* BYE` and is closed. So does an error, which is logged too. The client waits as long as a promise does,
   * at most `loginTimeoutMs`.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks says nothing.
  readonly onConnect?: (session: ImapSessionInfo) => boolean | void | Promise<boolean | void>;
  /** Called once when a connection that `onConnect` was asked about is closed, refused ones too, however it ended. */
  readonly onClose?: (session: ImapSessionInfo) => void;
  /** Called when a client sends its ID. */
  readonly onClientId?: (id: ClientId, session: ImapSessionInfo) => void;
}
