/** One accepted connection: its socket, what comes in, what goes out, and how it ends. */

import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { EiderError } from '../errors.ts';
import { Compression } from './compression.ts';
import { ConnectionInput } from './connection-input.ts';
import type { Endpoints } from './proxy-header.ts';
import { type TlsContext, upgradeToTls } from './tls-upgrade.ts';

/** How long the other side may take to close after we have, without any traffic. */
const CLOSE_TIMEOUT_MS = 5_000;
/** How long the other side may take nothing of what we write. */
const WRITE_TIMEOUT_MS = 120_000;
/** Longer ones are none. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What a listener tells a connection. */
export interface ConnectionOptions {
  readonly socket: Socket;
  /** `socket` is TLS already, or the client speaks TLS to a trusted proxy. */
  readonly secure: boolean;
  /** Between whom the connection is when a proxy has passed it on; `null`: those of `socket`. */
  readonly endpoints: Endpoints | null;
  /** For STARTTLS; asked when it is needed, as certificates are renewed. */
  readonly tls: () => TlsContext | null;
  readonly handshakeTimeoutMs: number;
}

let lastId = 0;

/** An accepted connection. Stays the same object when STARTTLS replaces the socket. */
export class Connection {
  /** Of this process, rising. */
  readonly id: number = ++lastId;
  readonly input: ConnectionInput;
  /** The client's, as a trusted proxy tells it when there is one. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  /** Resolves when the connection is closed. */
  readonly whenClosed: Promise<void>;
  #socket: Socket;
  #secure: boolean;
  #compression: Compression | null = null;
  #closed = false;
  #ending = false;
  #shutdown = false;
  #onShutdown: (() => void) | null = null;
  #idleTimer: NodeJS.Timeout | null = null;
  /** When the time of silence began anew. */
  #activeAt = 0;
  readonly #tls: () => TlsContext | null;
  readonly #handshakeTimeoutMs: number;
  #resolveClosed: () => void = () => {};

  constructor(options: ConnectionOptions) {
    this.#socket = options.socket;
    this.#secure = options.secure;
    this.#tls = options.tls;
    this.#handshakeTimeoutMs = options.handshakeTimeoutMs;
    const endpoints = options.endpoints ?? options.socket;
    this.remoteAddress = endpoints.remoteAddress ?? '';
    this.remotePort = endpoints.remotePort ?? 0;
    this.localPort = endpoints.localPort ?? 0;
    this.whenClosed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.input = new ConnectionInput(options.socket);
    this.#adopt(options.socket);
  }

  /** The present socket: TCP, or TLS. */
  get socket(): Socket {
    return this.#socket;
  }

  /** Whether the client speaks TLS, here or to a proxy that is trusted. */
  get secure(): boolean {
    return this.#secure;
  }

  /** Whether STARTTLS can be offered: the listener has a certificate and TLS is off. */
  get canStartTls(): boolean {
    return !this.#secure && this.#tls() !== null;
  }

  /** Whether DEFLATE is on. */
  get compressed(): boolean {
    return this.#compression !== null;
  }

  /** Nothing can be written any more. */
  get closed(): boolean {
    return this.#closed || this.#ending || !this.#socket.writable;
  }

  /** Writes; strings are octets (latin1). `false`: wait for {@link Connection.drained} before writing much more. */
  write(data: string | Uint8Array): boolean {
    if (this.closed) return true;
    if (this.#compression !== null) {
      return this.#compression.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    }
    return typeof data === 'string' ? this.#socket.write(data, 'latin1') : this.#socket.write(data);
  }

  /**
   * Resolves when the socket takes more, or is closed. Destroys the connection when the other side takes nothing.
   *
   * @param timeoutMs for how long it may take nothing, in milliseconds. @defaultValue 120,000
   */
  drained(timeoutMs: number = WRITE_TIMEOUT_MS): Promise<void> {
    const socket = this.#socket;
    const output = this.#compression?.output ?? socket;
    if (!output.writableNeedDrain || socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      let taken = taking(socket);
      const timer = setInterval(() => {
        if (taking(socket) <= taken) this.destroy();
        taken = taking(socket);
      }, timeoutMs);
      const done = (): void => {
        clearInterval(timer);
        output.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      output.on('drain', done);
      socket.on('close', done);
    });
  }

  /**
   * Throws away what has arrived, writes `reply`, and resolves when TLS is on. What was sent before the handshake is
   * never read as a command (RFC 9051 section 6.2.1).
   *
   * @throws EiderError `UNSUPPORTED` when there is no certificate or TLS is on; `ABORTED` when the handshake fails or
   *   takes too long, the connection being destroyed.
   */
  async startTls(reply: string): Promise<void> {
    const tls = this.#tls();
    if (this.#secure || tls === null) throw new EiderError('UNSUPPORTED', 'TLS cannot be started');
    const plain = this.#socket;
    this.input.detach();
    while (plain.read() !== null);
    this.input.discard();
    this.write(reply);
    const secured = await upgradeToTls(plain, tls, this.#handshakeTimeoutMs);
    this.#secure = true;
    this.#socket = secured;
    this.input.attach(secured);
    this.#adopt(secured);
  }

  /**
   * Writes `reply`, behind which both sides compress.
   *
   * @throws EiderError `UNSUPPORTED` when they do already.
   */
  startCompression(reply: string): void {
    if (this.#compression !== null) throw new EiderError('UNSUPPORTED', 'compression is on');
    this.write(reply);
    this.input.detach();
    this.#compression = new Compression(this.#socket, this.input.takeOctets(this.input.buffered), {
      read: (source) => (source === null ? this.input.detach() : this.input.attach(source)),
      end: () => this.input.close(),
    });
  }

  /** Writes `reply`, behind which neither side compresses; resolves when it is on its way. */
  async endCompression(reply: string): Promise<void> {
    const compression = this.#compression;
    this.write(reply);
    if (compression === null) return;
    this.input.detach();
    await compression.finish();
    this.#compression = null;
    if (this.closed) return;
    this.input.attach(this.#socket);
    this.#socket.resume();
  }

  /**
   * Calls `listener` when nothing came in for `ms` milliseconds, and again when that goes on for as long; 0 ends it. One
   * at a time. What goes out does not count: that a system takes it does not tell that somebody is there.
   */
  onIdle(ms: number, listener: () => void): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    this.active();
    if (ms > 0 && !this.closed) this.#awaitSilence(ms, ms, listener);
  }

  /** The time of {@link Connection.onIdle} begins anew, as the other side had no reason to say anything. */
  active(): void {
    this.#activeAt = performance.now();
  }

  /** Calls `listener` when the server shuts down: say goodbye and `end` soon. At once when it does already. */
  onShutdown(listener: () => void): void {
    this.#onShutdown = listener;
    if (this.#shutdown) listener();
  }

  /** Tells whoever serves the connection that the server shuts down. For the listener. */
  shutdown(): void {
    if (this.#shutdown) return;
    this.#shutdown = true;
    this.#onShutdown?.();
  }

  /** Sends what was written, then closes; destroys when the other side neither reads on nor closes. Idempotent. */
  end(): void {
    if (this.#ending || this.#closed) return;
    this.#ending = true;
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.input.close();
    this.input.discard();
    this.#socket.setTimeout(CLOSE_TIMEOUT_MS);
    if (this.#compression !== null) this.#compression.end();
    else this.#socket.end();
    // What still arrives is thrown away; unread, it would keep the end of the stream from being seen.
    this.#socket.resume();
  }

  /** Closes at once. */
  destroy(): void {
    this.#ending = true;
    this.#socket.destroy();
  }

  #awaitSilence(ms: number, leftMs: number, listener: () => void): void {
    this.#idleTimer = setTimeout(
      () => {
        const left = ms - Math.min(this.input.silentMs, performance.now() - this.#activeAt);
        this.#awaitSilence(ms, left > 0 ? left : ms, listener);
        if (left <= 0) listener();
      },
      Math.min(leftMs, MAX_TIMER_MS),
    );
  }

  #adopt(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    socket.on('timeout', () => this.destroy());
    socket.on('close', () => {
      if (socket !== this.#socket) return;
      this.#closed = true;
      if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
      this.input.close();
      this.#compression?.destroy();
      this.#resolveClosed();
    });
  }
}

/** Rises with what the other side has taken, as far as the system tells. */
function taking(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}
