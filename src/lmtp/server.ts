/** The LMTP server: takes mail for a store's accounts. RFC 2033. */

import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { EiderError } from '../errors.ts';
import { ProxyProtocol } from '../net/proxy-protocol.ts';
import { createTlsContext, type TlsContext } from '../net/tls-upgrade.ts';
import type { MessageStore } from '../store/message-store.ts';
import { publish, tracedError } from '../tracing/traced.ts';
import { type ConnectionContext, LmtpConnection, SHUTTING_DOWN } from './connection.ts';
import { LMTP_DEFAULTS, type LmtpServerOptions } from './options.ts';

const KEEP_ALIVE_MS = 60_000;

/** Where a server listens. */
export interface LmtpAddress {
  readonly host: string;
  readonly port: number;
}

/** A server that takes mail. */
export interface LmtpServer extends AsyncDisposable {
  /** Resolves when it listens; rejects with the system's error, such as `EADDRINUSE`. */
  listen(): Promise<LmtpAddress>;
  /**
   * Stops listening, ends connections when they have no message on its way, and the others after `drainMs`
   * milliseconds (@defaultValue 5,000). Resolves when the store is not used any more; does not close it. Idempotent.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/**
 * An LMTP server for the accounts of `store`. A message goes to each recipient by `store.deliveries`, with every octet
 * as it was sent, after Return-Path and Delivered-To; it is accepted for a recipient when it is durable there. A mail
 * transfer agent that names its queue's file by XFORWARD IDENT may send it again after a lost connection: who has it
 * gets no second one.
 *
 * @throws `INVALID_ARGUMENT` when key or certificate cannot be used, or a trusted proxy is no address.
 */
export function createLmtpServer(store: MessageStore, options: LmtpServerOptions = {}): LmtpServer {
  return new Server(store, options);
}

class Server implements LmtpServer {
  readonly #options: LmtpServerOptions;
  readonly #inner: InnerServer;
  #closing: Promise<void> | null = null;

  constructor(store: MessageStore, options: LmtpServerOptions) {
    this.#options = options;
    const context: ConnectionContext = {
      store,
      options,
      maxRecipients: options.maxRecipients ?? LMTP_DEFAULTS.maxRecipients,
      maxConnections: options.maxConnections ?? LMTP_DEFAULTS.maxConnections,
      deliveries: new Set(),
    };
    this.#inner = new InnerServer(context, options);
  }

  listen(): Promise<LmtpAddress> {
    if (this.#closing) return Promise.reject(new EiderError('INVALID_ARGUMENT', 'the server was closed'));
    const { host = '127.0.0.1', port = 0 } = this.#options;
    const { server } = this.#inner;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        const { address, port } = server.address() as AddressInfo;
        resolve({ host: address, port });
      });
    });
  }

  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#inner.drain(options.drainMs ?? 5_000);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Options of smtp-server with the one context that it may use. */
interface InnerOptions extends SMTPServerOptions {
  readonly ownTls: TlsContext | null;
}

class InnerServer extends SMTPServer {
  readonly #context: ConnectionContext;
  readonly #sockets = new Set<Socket>();
  readonly #proxyProtocol: ProxyProtocol | null;

  constructor(context: ConnectionContext, options: LmtpServerOptions) {
    super(innerOptions(context, options));
    this.#context = context;
    this.#proxyProtocol = options.proxyProtocol ? new ProxyProtocol(options.proxyProtocol) : null;
    // What goes wrong with a client's connection is that client's trouble.
    this.on('error', (error) => {
      const { remoteAddress = '' } = error as { remoteAddress?: string };
      publish('eider:connection', () => ({
        ...{ protocol: 'lmtp', event: 'failed', remoteAddress },
        error: tracedError(error),
      }));
      options.logger?.warn({ remoteAddress, err: error }, 'connection failed');
    });
    this.server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Called by the constructor of the class above. Keeps its built-in key, which everybody has, out of reach. */
  override updateSecureContext(): void {
    const { ownTls } = this.options as Partial<InnerOptions>;
    this.secureContext = new Map(ownTls ? [['*', ownTls.context]] : []);
  }

  /** Called when a connection was accepted: it is guarded by a timeout and a count while its header is awaited. */
  override _expectsProxyHeader(): boolean {
    return this.#proxyProtocol !== null;
  }

  /** Reads versions 1 and 2, and refuses who is not trusted, where smtp-server knows version 1 and lets others in. */
  override _handleProxy(socket: Socket, callback: Parameters<SMTPServer['_handleProxy']>[1]): void {
    if (this.#proxyProtocol === null) {
      super._handleProxy(socket, callback);
      return;
    }
    socket.on('error', () => socket.destroy());
    this.#proxyProtocol.read(socket).then(
      (header) => {
        // smtp-server makes an id of its own in place of ''.
        if (header !== null) callback(null, { id: '', ...header.endpoints });
        else callback(new Error('nothing was sent'));
      },
      (error: Error) => {
        this._onError(error);
        callback(error);
      },
    );
  }

  override connect(socket: Socket | TLSSocket, options?: ConstructorParameters<typeof LmtpConnection>[3]): void {
    const connection = new LmtpConnection(this.#context, this, socket, options);
    this.connections.add(connection);
    const told = { protocol: 'lmtp', remoteAddress: connection.remoteAddress } as const;
    publish('eider:connection', () => ({ ...told, event: 'opened' }));
    socket.once('close', () => publish('eider:connection', () => ({ ...told, event: 'closed' })));
    connection.on('error', (error) => this._onError(error));
    connection.init();
  }

  async drain(drainMs: number): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const timer = setTimeout(() => this.#destroyAll(), drainMs);
    // From here on a connection answers every command with 421 and ends.
    this._closeTimeout = timer;
    for (const socket of this._pendingSockets.keys()) socket.destroy();
    for (const connection of this.connections) {
      if ((connection as LmtpConnection).isIdle) connection.send(421, SHUTTING_DOWN);
    }
    await stopped;
    clearTimeout(timer);
    await Promise.all(this.#context.deliveries);
  }

  #destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

function innerOptions(context: ConnectionContext, options: LmtpServerOptions): InnerOptions {
  const ownTls = options.tls ? createTlsContext(options.tls) : null;
  return {
    ownTls,
    lmtp: true,
    logger: false,
    ...(options.name !== undefined && { name: options.name }),
    heloResponse: '%s',
    size: context.store.maxMessageSize,
    hideENHANCEDSTATUSCODES: false,
    hideSTARTTLS: ownTls === null,
    // Nobody logs in here, and smtp-server's jokes stay outside.
    disabledCommands: ['AUTH', 'WIZ', 'SHELL', 'KILL', ...(ownTls ? [] : ['STARTTLS'])],
    ...(options.tls?.SNICallback && { SNICallback: options.tls.SNICallback }),
    disableReverseLookup: true,
    // Who gets as far as here can send what he likes anyway.
    useXForward: true,
    socketTimeout: options.idleTimeoutMs ?? LMTP_DEFAULTS.idleTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    maxClients: context.maxConnections,
    onConnect: (_session, callback) => callback(),
    onMailFrom: (_address, _session, callback) => callback(),
  };
}
