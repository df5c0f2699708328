/** Accepts connections, counts them, and lets them go. */

import { createServer, type Server, type Socket } from 'node:net';
import { EiderError } from '../errors.ts';
import { networkOf } from '../model/networks.ts';
import type { ConnectionMessage } from '../tracing/messages.ts';
import { publish, tracedError } from '../tracing/traced.ts';
import { Connection } from './connection.ts';
import type { Endpoints, ProxyHeader } from './proxy-header.ts';
import { ProxyProtocol, type ProxyProtocolSettings } from './proxy-protocol.ts';
import { createTlsContext, type TlsContext, type TlsSettings, upgradeToTls } from './tls-upgrade.ts';

const KEEP_ALIVE_MS = 60_000;
const HANDSHAKE_TIMEOUT_MS = 30_000;

/** Where a listener listens. */
export interface ListenerAddress {
  readonly host: string;
  readonly port: number;
}

/** How to listen. */
export interface ListenerOptions {
  /** Names the servers on the channel `eider:connection`. @defaultValue nothing is told there */
  readonly protocol?: string;
  /** @defaultValue `127.0.0.1` */
  readonly host?: string;
  /** @defaultValue 0: a free one */
  readonly port?: number;
  /** Key and certificate. */
  readonly tls?: TlsSettings;
  /** TLS from the first octet; needs `tls`. @defaultValue false */
  readonly secure?: boolean;
  /** A second port, with TLS from the first octet, for which the same limits count; needs `tls`. @defaultValue none */
  readonly securePort?: number;
  /** Every connection begins with a header of the PROXY protocol, before TLS too. @defaultValue none does */
  readonly proxyProtocol?: ProxyProtocolSettings;
  /** @defaultValue 10,000 */
  readonly maxConnections?: number;
  /** From one IPv4 address or one IPv6 network of 64 bits, which is the client's behind a proxy. @defaultValue 100 */
  readonly maxConnectionsPerAddress?: number;
  /** For the TLS handshake, in milliseconds. @defaultValue 30,000 */
  readonly handshakeTimeoutMs?: number;
  /** Serves a connection, which is ended when it resolves and destroyed when it rejects. */
  readonly serve: (connection: Connection) => Promise<void> | void;
  /** What a connection over a limit is told before it is closed (not on implicit TLS). @defaultValue nothing */
  readonly refusal?: string;
  /** Hears of failed handshakes and PROXY headers, of rejections of `serve`, and of errors of the listening socket. */
  readonly onError?: (error: unknown, connection: Connection | null) => void;
}

/** What a proxy has told of a connection. */
type Proxied = Pick<ProxyHeader, 'endpoints' | 'secure'>;
const NOT_PROXIED: Proxied = { endpoints: null, secure: false };

/** A port. */
interface Door {
  readonly server: Server;
  readonly port: number;
  readonly secure: boolean;
}

/** Listening sockets and their connections. */
export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  /** One, or two. */
  readonly #doors: readonly Door[];
  readonly #connections = new Set<Connection>();
  /** Sockets of which a PROXY header or the handshake of implicit TLS is awaited. */
  readonly #handshakes = new Set<Socket>();
  readonly #proxyProtocol: ProxyProtocol | null;
  readonly #perAddress = new Map<string, number>();
  #tls: TlsContext | null;
  #closing: Promise<void> | null = null;

  /**
   * @throws EiderError `INVALID_ARGUMENT` when key or certificate cannot be used, `secure` or `securePort` lacks them, or
   *   a trusted proxy is no address.
   */
  constructor(options: ListenerOptions) {
    const { port = 0, secure = false, securePort } = options;
    if ((secure || securePort !== undefined) && !options.tls)
      throw new EiderError('INVALID_ARGUMENT', 'secure needs a key and a certificate');
    this.#options = options;
    this.#tls = options.tls ? createTlsContext(options.tls) : null;
    this.#proxyProtocol = options.proxyProtocol ? new ProxyProtocol(options.proxyProtocol) : null;
    this.#doors = [
      this.#makeDoor(port, secure),
      ...(securePort === undefined ? [] : [this.#makeDoor(securePort, true)]),
    ];
  }

  /** Where it listens, or `null`. */
  get address(): ListenerAddress | null {
    return addressOf(this.#doors[0]);
  }

  /** Where it listens with TLS as the second port, or `null`. */
  get secureAddress(): ListenerAddress | null {
    return addressOf(this.#doors[1]);
  }

  /** Those that are being served. */
  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** Resolves when it listens. Rejects with the system's error, such as `EADDRINUSE`, and does not listen then. */
  async listen(): Promise<ListenerAddress> {
    if (this.#closing) throw new EiderError('STORE_CLOSED', 'the listener was closed');
    try {
      for (const door of this.#doors) await this.#open(door);
    } catch (error) {
      for (const { server } of this.#doors) server.close();
      throw error;
    }
    return this.address as ListenerAddress;
  }

  /** New handshakes use this key and certificate; running connections are left alone. */
  setTls(settings: TlsSettings): void {
    this.#tls = createTlsContext(settings);
  }

  /**
   * Stops listening, tells every connection, waits for them to end and destroys the others. Idempotent.
   *
   * @param options.drainMs how long to wait, in milliseconds; 0 destroys at once. @defaultValue 5,000
   */
  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.drainMs ?? 5_000);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #makeDoor(port: number, secure: boolean): Door {
    // Half-open: a client that has sent all its commands and closed its side still gets the answers.
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    return { port, secure, server: createServer(options, (socket) => this.#accept(socket, secure)) };
  }

  #open({ server, port }: Door): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: this.#options.host ?? '127.0.0.1', port }, () => {
        server.off('error', reject);
        server.on('error', (error) => this.#options.onError?.(error, null));
        resolve();
      });
    });
  }

  async #close(drainMs: number): Promise<void> {
    const stopped = this.#doors.map(({ server }) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of this.#handshakes) socket.destroy();
    const closed = Promise.all(Array.from(this.#connections, (connection) => connection.whenClosed));
    for (const connection of this.#connections) connection.shutdown();
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, drainMs);
    await closed;
    clearTimeout(timer);
    await Promise.all(stopped);
  }

  #accept(socket: Socket, secure: boolean): void {
    socket.on('error', () => socket.destroy());
    if (this.#closing || this.#isFull) this.#refuse(socket, secure);
    else if (this.#proxyProtocol) void this.#acceptProxied(socket, secure, this.#proxyProtocol);
    else this.#admit(socket, secure, NOT_PROXIED);
  }

  async #acceptProxied(socket: Socket, secure: boolean, proxyProtocol: ProxyProtocol): Promise<void> {
    this.#handshakes.add(socket);
    const header = await proxyProtocol.read(socket).catch((error: unknown) => {
      this.#tell('failed', socket.remoteAddress, error);
      this.#options.onError?.(error, null);
      return null;
    });
    this.#handshakes.delete(socket);
    if (header === null) return;
    if (this.#closing) socket.destroy();
    else this.#admit(socket, secure, header);
  }

  /** Counts a connection for its address, and begins with it. */
  #admit(socket: Socket, secure: boolean, proxied: Proxied): void {
    const { maxConnectionsPerAddress = 100 } = this.#options;
    const key = networkOf(proxied.endpoints?.remoteAddress ?? socket.remoteAddress ?? '');
    const count = this.#perAddress.get(key) ?? 0;
    // It has no address when it is gone already.
    if (key === '' || count >= maxConnectionsPerAddress) {
      this.#refuse(socket, secure);
      return;
    }
    this.#perAddress.set(key, count + 1);
    socket.once('close', () => {
      const left = (this.#perAddress.get(key) ?? 1) - 1;
      if (left > 0) this.#perAddress.set(key, left);
      else this.#perAddress.delete(key);
    });
    if (secure) void this.#secure(socket, proxied.endpoints, this.#tls as TlsContext);
    else void this.#serve(socket, proxied);
  }

  get #isFull(): boolean {
    return this.#connections.size + this.#handshakes.size >= (this.#options.maxConnections ?? 10_000);
  }

  #refuse(socket: Socket, secure: boolean): void {
    this.#tell('refused', socket.remoteAddress);
    if (secure || this.#options.refusal === undefined) socket.destroy();
    else socket.end(this.#options.refusal, 'latin1', () => socket.destroy());
  }

  async #secure(socket: Socket, endpoints: Endpoints | null, tls: TlsContext): Promise<void> {
    this.#handshakes.add(socket);
    try {
      const secured = await upgradeToTls(socket, tls, this.#handshakeTimeoutMs);
      if (this.#closing) secured.destroy();
      else void this.#serve(secured, { endpoints, secure: true });
    } catch (error) {
      this.#tell('failed', endpoints?.remoteAddress ?? socket.remoteAddress, error);
      this.#options.onError?.(error, null);
    } finally {
      this.#handshakes.delete(socket);
    }
  }

  async #serve(socket: Socket, proxied: Proxied): Promise<void> {
    const connection = new Connection({
      socket,
      secure: proxied.secure,
      endpoints: proxied.endpoints,
      tls: () => this.#tls,
      handshakeTimeoutMs: this.#handshakeTimeoutMs,
    });
    this.#connections.add(connection);
    this.#tell('opened', connection.remoteAddress);
    connection.whenClosed.then(() => {
      this.#connections.delete(connection);
      this.#tell('closed', connection.remoteAddress);
    });
    try {
      await this.#options.serve(connection);
      connection.end();
    } catch (error) {
      connection.destroy();
      this.#tell('failed', connection.remoteAddress, error);
      this.#options.onError?.(error, connection);
    }
  }

  #tell(event: ConnectionMessage['event'], remoteAddress = '', error?: unknown): void {
    const { protocol } = this.#options;
    if (protocol === undefined) return;
    publish('eider:connection', () => ({
      ...{ protocol, event, remoteAddress },
      ...(error !== undefined && { error: tracedError(error) }),
    }));
  }

  get #handshakeTimeoutMs(): number {
    return this.#options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
  }
}

function addressOf(door: Door | undefined): ListenerAddress | null {
  const address = door?.server.address() ?? null;
  return address === null || typeof address === 'string' ? null : { host: address.address, port: address.port };
}
