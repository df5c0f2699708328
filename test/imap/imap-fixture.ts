/** A new store, an IMAP server over it, and clients for both; ended together. */

import { PasswordVerifier } from '../../src/auth/password.ts';
import { createImapServer, type ImapServer, type ImapServerOptions } from '../../src/imap/index.ts';
import type { Account } from '../../src/model/account.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestedStore } from '../engine-under-test.ts';
import { LineClient } from './line-client.ts';

/** What a test needs of a server. */
export interface ImapFixture extends AsyncDisposable {
  readonly store: MessageStore;
  readonly imap: ImapServer;
  readonly port: number;
  /** A new account with the password `secret`. */
  account(): Promise<Account>;
  /** A connection whose greeting was read. */
  connect(): Promise<LineClient>;
  /** A connection that is logged in. */
  login(account: Account): Promise<LineClient>;
  /** Adds `count` messages `Subject: message n`. */
  fill(account: Account, path: string, count: number): Promise<void>;
}

let accounts = 0;

/** Made once: it takes a processor as long as most tests do. */
let hash: Promise<string> | null = null;
const secretHash = (): Promise<string> => (hash ??= new PasswordVerifier().hash('secret'));

/** Starts everything. */
export async function startImap(
  options: ImapServerOptions = {},
  wrap: (store: MessageStore) => MessageStore = (store) => store,
): Promise<ImapFixture> {
  const store = await openTestedStore();
  const limits = { loginFailureDelayMs: 0, ...options.limits };
  const imap = createImapServer(wrap(store), { insecureAuth: true, ...options, limits });
  const { port } = await imap.listen();
  const clients: LineClient[] = [];
  const connect = async (): Promise<LineClient> => {
    const client = new LineClient(port);
    clients.push(client);
    await client.line();
    return client;
  };
  return {
    store,
    imap,
    port,
    connect,
    account: async () => store.accounts.create({ name: `account${++accounts}`, passwordHash: await secretHash() }),
    async login(account) {
      const client = await connect();
      const lines = await client.run('login', `LOGIN ${account.name} secret`);
      if (!lines.at(-1)?.startsWith('login OK')) throw new Error(`no login: ${lines}`);
      return client;
    },
    async fill(account, path, count) {
      const prepared = [];
      for (let n = 1; n <= count; n++) prepared.push({ message: await store.prepare(testMessage(n)) });
      await store.appendPrepared(account.id, path, prepared);
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      await imap.close({ drainMs: 0 });
      await store.close();
    },
  };
}

/** A small message, the same for the same number. */
export function testMessage(n: number): string {
  return `From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: message ${n}\r\nDate: Mon, 05 Jan 2026 10:00:00 +0000\r\nMessage-ID: <${n}@example.org>\r\n\r\nThis is message ${n}.\r\n`;
}
