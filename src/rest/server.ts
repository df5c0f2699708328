/** The API on a port. */

import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { EiderError } from '../errors.ts';
import type { TlsSettings } from '../net/tls-upgrade.ts';
import type { MessageStore } from '../store/message-store.ts';
import { createRestApi, type RestApi, type RestApiOptions } from './api.ts';
import { REST_LIMITS } from './context.ts';

/** Where a server listens. */
export interface RestAddress {
  readonly host: string;
  readonly port: number;
}

/** Options of {@link createRestServer}. */
export interface RestServerOptions extends RestApiOptions {
  /** @defaultValue `127.0.0.1` */
  readonly host?: string;
  /** 0 for a free one. @defaultValue 0 */
  readonly port?: number;
  /** Key and certificate; without them, HTTP. */
  readonly tls?: TlsSettings;
  /** Connections at once; more are closed. @defaultValue 1,000 */
  readonly maxConnections?: number;
}

/** The API on a port. */
export interface RestServer extends AsyncDisposable {
  readonly api: RestApi;
  /** Resolves when it listens; rejects with the system's error, such as `EADDRINUSE`. */
  listen(): Promise<RestAddress>;
  /**
   * Stops listening, lets requests end for `drainMs` milliseconds (@defaultValue 5,000), and cuts off the rest. Does
   * not close the store. Idempotent.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/** For a request's header, and between two requests, in milliseconds. */
const HEADER_MS = 15_000;
const KEEP_ALIVE_MS = 30_000;
const IDLE_LOOK_MS = 50;
const MAX_HEADER_OCTETS: number = 16 * 1024;

/** An HTTP server for the API of `store`. @throws `INVALID_ARGUMENT` when key or certificate cannot be used. */
export function createRestServer(store: MessageStore, options: RestServerOptions = {}): RestServer {
  return new HttpServer(createRestApi(store, options), options);
}

class HttpServer implements RestServer {
  readonly api: RestApi;
  readonly #options: RestServerOptions;
  readonly #server: Server;
  #closing: Promise<void> | null = null;

  constructor(api: RestApi, options: RestServerOptions) {
    this.api = api;
    this.#options = options;
    const { bodyMs } = { ...REST_LIMITS, ...options.limits };
    const listener = getRequestListener((request, { incoming }) => {
      const letBodyTakeTime = boundBody(incoming as IncomingMessage, bodyMs);
      const address = (incoming.socket as Socket | undefined)?.remoteAddress;
      return api.fetch(request, { letBodyTakeTime, ...(address !== undefined && { address }) });
    });
    const settings = {
      maxHeaderSize: MAX_HEADER_OCTETS,
      headersTimeout: HEADER_MS,
      // For the header alone; a body is bounded by `boundBody`.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
    };
    this.#server = options.tls ? createTls(settings, options.tls, listener) : createHttpServer(settings, listener);
    this.#server.maxConnections = options.maxConnections ?? 1_000;
    // A connection over the limit is dropped; of what is no HTTP, node answers by itself.
    this.#server.on('clientError', (_, socket) => socket.destroy());
  }

  listen(): Promise<RestAddress> {
    if (this.#closing) return Promise.reject(new EiderError('INVALID_ARGUMENT', 'the server was closed'));
    const { host = '127.0.0.1', port = 0 } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        const { address, port } = this.#server.address() as AddressInfo;
        resolve({ host: address, port });
      });
    });
  }

  close({ drainMs = 5_000 }: { readonly drainMs?: number } = {}): Promise<void> {
    this.api.close();
    this.#closing ??= new Promise((resolve) => {
      const timer = setTimeout(() => this.#server.closeAllConnections(), drainMs);
      // A connection whose request ends meanwhile is idle from then on.
      const idle = setInterval(() => this.#server.closeIdleConnections(), IDLE_LOOK_MS);
      this.#server.close(() => {
        clearTimeout(timer);
        clearInterval(idle);
        resolve();
      });
      this.#server.closeIdleConnections();
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Cuts off a body that takes too long, unless the function that is returned has been called. */
function boundBody(incoming: IncomingMessage, ms: number): () => void {
  const timer = setTimeout(() => {
    if (!incoming.complete) incoming.destroy();
  }, ms).unref();
  const end = (): void => clearTimeout(timer);
  incoming.once('close', end);
  return end;
}

function createTls(
  settings: object,
  { key, cert, SNICallback }: TlsSettings,
  listener: ReturnType<typeof getRequestListener>,
): Server {
  try {
    return createHttpsServer(
      { ...settings, key, cert, minVersion: 'TLSv1.2', ...(SNICallback && { SNICallback }) },
      listener,
    );
  } catch (error) {
    throw new EiderError('INVALID_ARGUMENT', 'the key or the certificate cannot be used', { cause: error });
  }
}
