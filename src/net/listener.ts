/** Accepts connections, counts them, and lets them go. */

import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { EiderError } from '../errors.ts';
import { Connection } from './connection.ts';
import type { Endpoints } from './proxy-header.ts';
import { ProxyProtocol, type ProxyProtocolSettings } from './proxy-protocol.ts';
import { createTlsContext, type TlsContext, type TlsSettings, upgradeToTls } from './tls-upgrade.ts';

const KEEP_ALIVE_MS = 60_000;

/** Where a listener listens. */
export interface ListenerAddress {
  readonly host: string;
  readonly port: number;
}

/** How to listen. */
export interface ListenerOptions {
  /** @defaultValue `127.0.0.1` */
  readonly host?: string;
  /** @defaultValue 0: a free one */
  readonly port?: number;
  /** Key and certificate. */
  readonly tls?: TlsSettings;
  /** TLS from the first octet; needs `tls`. @defaultValue false */
  readonly secure?: boolean;
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

/** A listening socket and its connections. */
export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  /** Sockets of which a PROXY header or the handshake of implicit TLS is awaited. */
  readonly #handshakes = new Set<Socket>();
  readonly #proxyProtocol: ProxyProtocol | null;
  readonly #perAddress = new Map<string, number>();
  #tls: TlsContext | null;
  #closing: Promise<void> | null = null;

  /**
   * @throws EiderError `INVALID_ARGUMENT` when key or certificate cannot be used, `secure` lacks them, or a trusted proxy
   *   is no address.
   */
  constructor(options: ListenerOptions) {
    if (options.secure && !options.tls)
      throw new EiderError('INVALID_ARGUMENT', 'secure needs a key and a certificate');
    this.#options = options;
    this.#tls = options.tls ? createTlsContext(options.tls) : null;
    this.#proxyProtocol = options.proxyProtocol ? new ProxyProtocol(options.proxyProtocol) : null;
    // Half-open: a client that has sent all its commands and closed its side still gets the answers.
    const serverOptions = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    this.#server = createServer(serverOptions, (socket) => this.#accept(socket));
  }

  /** Where it listens, or `null`. */
  get address(): ListenerAddress | null {
    const address = this.#server.address();
    return address === null || typeof address === 'string' ? null : { host: address.address, port: address.port };
  }

  /** Those that are being served. */
  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** Resolves when it listens. Rejects with the system's error, such as `EADDRINUSE`. */
  listen(): Promise<ListenerAddress> {
    if (this.#closing) return Promise.reject(new EiderError('STORE_CLOSED', 'the listener was closed'));
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: this.#options.host ?? '127.0.0.1', port: this.#options.port ?? 0 }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => this.#options.onError?.(error, null));
        resolve(this.address as ListenerAddress);
      });
    });
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

  async #close(drainMs: number): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#handshakes) socket.destroy();
    const closed = Promise.all(Array.from(this.#connections, (connection) => connection.whenClosed));
    for (const connection of this.#connections) connection.shutdown();
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, drainMs);
    await closed;
    clearTimeout(timer);
    await stopped;
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#closing || this.#isFull) this.#refuse(socket);
    else if (this.#proxyProtocol) void this.#acceptProxied(socket, this.#proxyProtocol);
    else this.#admit(socket, null, false);
  }

  async #acceptProxied(socket: Socket, proxyProtocol: ProxyProtocol): Promise<void> {
    this.#handshakes.add(socket);
    const header = await proxyProtocol.read(socket).catch((error: unknown) => {
      this.#options.onError?.(error, null);
      return null;
    });
    this.#handshakes.delete(socket);
    if (header === null) return;
    if (this.#closing) socket.destroy();
    else this.#admit(socket, header.endpoints, header.secure);
  }

  /** Counts a connection for its address, and begins with it. */
  #admit(socket: Socket, endpoints: Endpoints | null, proxiedTls: boolean): void {
    const { maxConnectionsPerAddress = 100 } = this.#options;
    const key = addressKey(endpoints?.remoteAddress ?? socket.remoteAddress ?? '');
    const count = this.#perAddress.get(key) ?? 0;
    // It has no address when it is gone already.
    if (key === '' || count >= maxConnectionsPerAddress) {
      this.#refuse(socket);
      return;
    }
    this.#perAddress.set(key, count + 1);
    socket.once('close', () => {
      const left = (this.#perAddress.get(key) ?? 1) - 1;
      if (left > 0) this.#perAddress.set(key, left);
      else this.#perAddress.delete(key);
    });
    if (this.#options.secure) void this.#secure(socket, endpoints, this.#tls as TlsContext);
    else void this.#serve(socket, endpoints, proxiedTls);
  }

  get #isFull(): boolean {
    return this.#connections.size + this.#handshakes.size >= (this.#options.maxConnections ?? 10_000);
  }

  #refuse(socket: Socket): void {
    if (this.#options.secure || this.#options.refusal === undefined) socket.destroy();
    else socket.end(this.#options.refusal, 'latin1', () => socket.destroy());
  }

  async #secure(socket: Socket, endpoints: Endpoints | null, tls: TlsContext): Promise<void> {
    this.#handshakes.add(socket);
    try {
      const secured = await upgradeToTls(socket, tls, this.#handshakeTimeoutMs);
      if (this.#closing) secured.destroy();
      else void this.#serve(secured, endpoints, true);
    } catch (error) {
      this.#options.onError?.(error, null);
    } finally {
      this.#handshakes.delete(socket);
    }
  }

  async #serve(socket: Socket, endpoints: Endpoints | null, secure: boolean): Promise<void> {
    const connection = new Connection({
      socket,
      secure,
      endpoints,
      tls: () => this.#tls,
      handshakeTimeoutMs: this.#handshakeTimeoutMs,
    });
    this.#connections.add(connection);
    connection.whenClosed.then(() => this.#connections.delete(connection));
    try {
      await this.#options.serve(connection);
      connection.end();
    } catch (error) {
      connection.destroy();
      this.#options.onError?.(error, connection);
    }
  }

  get #handshakeTimeoutMs(): number {
    return this.#options.handshakeTimeoutMs ?? 30_000;
  }
}

/** What is counted as one address: an IPv4 address (also inside IPv6), or the first 64 bits of an IPv6 one. */
function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1] as string;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] as string).split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    while (groups.length + after.length < 8) groups.push('0');
    groups.push(...after);
  }
  return groups.slice(0, 4).join(':');
}
