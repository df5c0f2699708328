/** Turns an accepted TCP connection into a TLS one. */

import type { Socket } from 'node:net';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  TLSSocket,
  type TlsOptions,
} from 'node:tls';
import { EiderError } from '../errors.ts';

/** Key, certificate and what else Node.js's `tls.createSecureContext` takes; and what is chosen by server name. */
export interface TlsSettings extends SecureContextOptions, Pick<TlsOptions, 'SNICallback' | 'ALPNProtocols'> {}

/** Settings with the keys read once. */
export interface TlsContext {
  readonly settings: TlsSettings;
  readonly context: SecureContext;
}

/**
 * Reads the keys.
 *
 * @throws EiderError `INVALID_ARGUMENT` when key or certificate cannot be used.
 */
export function createTlsContext(settings: TlsSettings): TlsContext {
  try {
    return { settings, context: createSecureContext(settings) };
  } catch (error) {
    throw new EiderError('INVALID_ARGUMENT', 'the TLS key or certificate cannot be used', { cause: error });
  }
}

/**
 * Makes the handshake as the server. `socket` has no reader and nothing unread. When it rejects, `socket` is destroyed.
 *
 * @throws EiderError `ABORTED` when the handshake fails or takes more than `timeoutMs`.
 */
export function upgradeToTls(socket: Socket, tls: TlsContext, timeoutMs: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const { SNICallback, ALPNProtocols } = tls.settings;
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext: tls.context,
      ...(SNICallback && { SNICallback }),
      ...(ALPNProtocols && { ALPNProtocols }),
    });
    const timer = setTimeout(() => fail(new Error('the TLS handshake took too long')), timeoutMs);
    const fail = (cause: unknown): void => {
      clearTimeout(timer);
      // Before destroying: that calls this again, by `close`, without the cause.
      reject(new EiderError('ABORTED', 'the TLS handshake failed', { cause }));
      socket.destroy();
      secured.destroy();
    };
    const closed = (): void => fail(new Error('the connection was closed'));
    // Errors of a server-side TLSSocket without a tls.Server come by this event, before the handshake and after it.
    secured.on('_tlsError', (error: Error) => secured.destroy(error));
    secured.on('error', fail);
    secured.once('close', closed);
    secured.once('secure', () => {
      clearTimeout(timer);
      secured.off('close', closed);
      resolve(secured);
    });
  });
}
