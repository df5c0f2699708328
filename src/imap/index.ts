/**
 * IMAP for a store.
 *
 * ```ts
 * import { openStore } from 'eider';
 * import { createImapServer } from 'eider/imap';
 *
 * const store = await openStore({ path: './mail' });
 * const imap = createImapServer(store, { port: 1143, insecureAuth: true });
 * const { port } = await imap.listen();
 * console.log(`IMAP on port ${port}`);
 * ```
 *
 * IMAP4rev1 (RFC 3501) and, for clients that enable it, IMAP4rev2 (RFC 9051), with the extensions of `capabilities.ts`.
 *
 * @module
 */

export type { ProxyProtocolSettings } from '../net/proxy-protocol.ts';
export type { TlsSettings } from '../net/tls-upgrade.ts';
export type {
  ClientId,
  ImapLimitOptions,
  ImapLimits,
  ImapLogger,
  ImapServerOptions,
  ImapSessionInfo,
} from './options.ts';
export { createImapServer, type ImapServer } from './server.ts';
export type { CommandLimits } from './wire/command-limits.ts';
