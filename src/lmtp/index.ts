/**
 * LMTP: where a mail transfer agent hands over mail for a store's accounts. RFC 2033, with PIPELINING (RFC 2920),
 * 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), SIZE (RFC 1870), ENHANCEDSTATUSCODES (RFC 2034) and STARTTLS (RFC 3207).
 *
 * @module
 * @example
 * ```ts
 * import { openStore } from 'eider';
 * import { createLmtpServer } from 'eider/lmtp';
 *
 * const store = await openStore({ path: './mail' });
 * const server = createLmtpServer(store, { port: 2424 });
 * const { port } = await server.listen();
 * ```
 */

export type { ProxyProtocolSettings } from '../net/proxy-protocol.ts';
export type { LmtpLogger, LmtpServerOptions } from './options.ts';
export { createLmtpServer, type LmtpAddress, type LmtpServer } from './server.ts';
