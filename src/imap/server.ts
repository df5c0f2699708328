/** The IMAP server: listens, and gives every connection a session. */

import { Listener } from '../net/listener.ts';
import type { TlsSettings } from '../net/tls-upgrade.ts';
import type { MessageStore } from '../store/message-store.ts';
import { CommandLoop } from './command-loop.ts';
import { MailboxCache } from './mailbox-cache.ts';
import { type ImapServerOptions, limitsOf } from './options.ts';
import { Session, type SessionContext } from './session.ts';
import { SessionWarden } from './session-warden.ts';

/** An IMAP server. The store is the caller's: close it after the server. */
export interface ImapServer extends AsyncDisposable {
  /**
   * Begins to listen, on both ports when there is a `securePort`. Rejects with the error of the operating system when one
   * cannot be had; then it listens on none.
   */
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /** Where it listens, or `null`. */
  readonly address: { readonly host: string; readonly port: number } | null;
  /** Where it listens as `securePort` says, or `null`. */
  readonly secureAddress: { readonly host: string; readonly port: number } | null;
  /** How many clients are connected. */
  readonly connections: number;
  /**
   * Takes a renewed key and certificate for connections from now on; running ones are left alone.
   *
   * @throws `INVALID_ARGUMENT` when they cannot be used; the old ones stay then.
   */
  setTls(settings: TlsSettings): void;
  /**
   * Stops listening, says goodbye to every client after the command that it runs, and closes what is left after
   * `drainMs` milliseconds. Idempotent.
   *
   * @param options.drainMs @defaultValue 5,000
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/**
 * Makes an IMAP server over a store, of IMAP4rev1 and IMAP4rev2. It does not listen before {@link ImapServer.listen}.
 *
 * @throws `INVALID_ARGUMENT` when key or certificate cannot be used or is missing for TLS from the first octet, or a
 *   trusted proxy is no address.
 * @see RFC 3501, RFC 9051
 */
export function createImapServer(store: MessageStore, options: ImapServerOptions = {}): ImapServer {
  const limits = limitsOf(options.limits ?? {});
  const logger = options.logger ?? null;
  const cache = new MailboxCache(store, limits.cacheOctets);
  const warden = new SessionWarden(store, limits.credentialCheckMs);
  const context: SessionContext = { store, cache, warden, options, limits, logger };
  const listener = new Listener({
    protocol: 'imap',
    ...(options.host !== undefined && { host: options.host }),
    ...(options.port !== undefined && { port: options.port }),
    ...(options.tls && { tls: options.tls }),
    ...(options.secure !== undefined && { secure: options.secure }),
    ...(options.securePort !== undefined && { securePort: options.securePort }),
    ...(options.proxyProtocol && { proxyProtocol: options.proxyProtocol }),
    maxConnections: limits.connections,
    maxConnectionsPerAddress: limits.connectionsPerAddress,
    refusal: '* BYE [LIMIT] Too many connections\r\n',
    serve: (connection) => serve(new Session(connection, context)),
    onError: (error, connection) => {
      logger?.warn({ id: connection?.id, remoteAddress: connection?.remoteAddress, err: error }, 'connection failed');
    },
  });
  return {
    listen: () => listener.listen(),
    get address() {
      return listener.address;
    },
    get secureAddress() {
      return listener.secureAddress;
    },
    get connections() {
      return listener.connections.size;
    },
    setTls: (settings) => listener.setTls(settings),
    close: (closing) => listener.close(closing),
    [Symbol.asyncDispose]: () => listener.close(),
  };
}

/** Serves a session that the hook admits. */
async function serve(session: Session): Promise<void> {
  const { connection, context } = session;
  const { onClose } = context.options;
  if (onClose) {
    connection.whenClosed
      .then(() => onClose(session.info))
      .catch((error: unknown) => context.logger?.error({ ...session.info, err: error }, 'onClose failed'));
  }
  if (await isAdmitted(session)) return new CommandLoop(session).run();
  session.bye('This connection is refused');
  session.end();
}

async function isAdmitted(session: Session): Promise<boolean> {
  const { options, logger } = session.context;
  if (!options.onConnect) return true;
  try {
    const admitted = await Promise.race([
      options.onConnect(session.info),
      session.connection.whenClosed.then(() => false),
    ]);
    return admitted !== false && !session.closing;
  } catch (error) {
    logger?.error({ ...session.info, err: error }, 'onConnect failed');
    return false;
  }
}
