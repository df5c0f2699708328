/** Takes connections from proxies that tell by the PROXY protocol whose they are. */

import type { Socket } from 'node:net';
import { EiderError } from '../errors.ts';
import { NetworkList } from '../model/networks.ts';
import { type ProxyHeader, parseProxyHeader } from './proxy-header.ts';

/** Which proxies are believed. */
export interface ProxyProtocolSettings {
  /**
   * Addresses (`10.0.0.7`, `2001:db8::7`) and networks (`10.0.0.0/8`, `2001:db8::/32`) of the proxies. From them every
   * connection has to begin with a header; from everybody else it is closed, as nobody may say of himself who he is. An
   * IPv4 address inside an IPv6 one (`::ffff:10.0.0.7`) counts as what it is.
   */
  readonly trusted: readonly string[];
  /** For the header to arrive, in milliseconds. @defaultValue 5,000 */
  readonly timeoutMs?: number;
}

/** For the header to arrive, in milliseconds; at least three seconds by the specification, for one lost packet. */
export const PROXY_TIMEOUT_MS = 5_000;

/** Reads the headers of trusted proxies. */
export class ProxyProtocol {
  readonly #trusted: NetworkList;
  readonly #timeoutMs: number;

  /** @throws EiderError `INVALID_ARGUMENT` when something trusted is no address and no network, or nothing is. */
  constructor(settings: ProxyProtocolSettings) {
    this.#timeoutMs = settings.timeoutMs ?? PROXY_TIMEOUT_MS;
    if (settings.trusted.length === 0) throw new EiderError('INVALID_ARGUMENT', 'no proxy is trusted');
    this.#trusted = new NetworkList(settings.trusted);
  }

  /** Whether headers from this address are believed. */
  trusts(address: string): boolean {
    return this.#trusted.has(address);
  }

  /**
   * Reads the header of a connection that was just accepted; what came behind it is left to be read of `socket`. `null`:
   * it ended without a word, as those of a balancer that tries the port do. Then, and when it rejects, `socket` is
   * destroyed.
   *
   * @throws EiderError `ABORTED` when the other side is not trusted, sends something else, or takes too long.
   */
  read(socket: Socket): Promise<ProxyHeader | null> {
    const address = socket.remoteAddress ?? '';
    return new Promise((resolve, reject) => {
      let arrived: Buffer = Buffer.alloc(0);
      const settle = (): void => {
        clearTimeout(timer);
        socket.off('readable', read).off('end', ended).off('close', ended);
      };
      const fail = (why: string): void => {
        settle();
        socket.destroy();
        reject(new EiderError('ABORTED', `connection from ${address} was refused: ${why}`));
      };
      const ended = (): void => {
        if (arrived.length > 0) {
          fail('it ended in the middle of the PROXY header');
          return;
        }
        settle();
        socket.destroy();
        resolve(null);
      };
      const read = (): void => {
        const chunk = socket.read() as Buffer | null;
        if (chunk === null) return;
        arrived = arrived.length === 0 ? chunk : Buffer.concat([arrived, chunk]);
        try {
          const header = parseProxyHeader(arrived);
          if (header === null) return;
          settle();
          if (header.length < arrived.length) socket.unshift(arrived.subarray(header.length));
          resolve(header);
        } catch (error) {
          fail((error as Error).message);
        }
      };
      const timer = setTimeout(() => fail('the PROXY header took too long'), this.#timeoutMs);
      if (!this.trusts(address)) fail('it is no trusted proxy');
      else socket.on('readable', read).on('end', ended).on('close', ended);
    });
  }
}
