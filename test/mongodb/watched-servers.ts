/** A store on the cluster with LMTP and IMAP servers in front, every command of which is heard. */

import { type Db, MongoClient } from 'mongodb';
import { createImapServer, type ImapServer } from '../../src/imap/index.ts';
import { createLmtpServer, type LmtpServer } from '../../src/lmtp/index.ts';
import type { Account } from '../../src/model/account.ts';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { LineClient } from '../imap/line-client.ts';
import { LmtpClient } from '../lmtp/lmtp-client.ts';
import { CommandWatch } from './command-watch.ts';
import { MONGODB_URI } from './mongo-test.ts';

/** A process of its own, as far as the cluster can tell. */
export class WatchedServers implements AsyncDisposable {
  readonly db: Db;
  readonly watch: CommandWatch;
  readonly store: MessageStore;
  readonly #client: MongoClient;
  readonly #lmtp: LmtpServer;
  readonly #lmtpPort: number;
  readonly #imap: ImapServer[] = [];
  readonly #clients: { destroy(): void }[] = [];

  private constructor(
    client: MongoClient,
    db: Db,
    watch: CommandWatch,
    store: MessageStore,
    lmtp: [LmtpServer, number],
  ) {
    this.#client = client;
    this.db = db;
    this.watch = watch;
    this.store = store;
    [this.#lmtp, this.#lmtpPort] = lmtp;
  }

  /** @param pollMs how often it looks for what others did */
  static async open(database: string, pollMs: number): Promise<WatchedServers> {
    const client = new MongoClient(MONGODB_URI ?? '', { monitorCommands: true });
    const db = client.db(database);
    const watch = new CommandWatch(client);
    const store = await openStore({ mongodb: db, pollMs });
    const lmtp = createLmtpServer(store, { port: 0 });
    return new WatchedServers(client, db, watch, store, [lmtp, (await lmtp.listen()).port]);
  }

  /** A connection for deliveries. */
  async lmtp(): Promise<LmtpClient> {
    const client = await LmtpClient.ready(this.#lmtpPort);
    this.#clients.push(client);
    return client;
  }

  /** A connection to a server that has nothing in memory. */
  async imap(): Promise<LineClient> {
    const server = createImapServer(this.store, { insecureAuth: true, port: 0 });
    this.#imap.push(server);
    const client = new LineClient((await server.listen()).port);
    this.#clients.push(client);
    await client.line();
    return client;
  }

  /** Such a connection that has logged in and selected a mailbox. */
  async selected(account: Account, mailbox = 'INBOX'): Promise<LineClient> {
    const client = await this.imap();
    await say(client, `LOGIN ${account.name} secret`);
    await say(client, `SELECT ${mailbox}`);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    for (const server of this.#imap) await server.close({ drainMs: 0 });
    await this.#lmtp.close({ drainMs: 0 });
    await this.store.close();
    await this.#client.close();
  }
}

let tags = 0;

/** Sends an IMAP command that must succeed; its responses. */
export async function say(client: LineClient, command: string): Promise<string[]> {
  const tag = `t${++tags}`;
  client.send(`${tag} ${command}\r\n`);
  return answered(client, tag);
}

/** The responses up to that of a command, which must have succeeded. */
export async function answered(client: LineClient, tag: string): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await client.line(60_000);
    if (line === null) throw new Error(`closed; got ${lines.slice(-3)}`);
    lines.push(line);
    if (!line.startsWith(`${tag} `)) continue;
    if (!line.startsWith(`${tag} OK`)) throw new Error(line);
    return lines;
  }
}

/** A message with an attachment of 300 KB, its own for each `seed`. */
export function messageWithAttachment(seed: number): string {
  const octets = Buffer.alloc(300_000, `attachment ${seed} `);
  const lines = octets.toString('base64').replace(/.{76}/g, '$&\r\n');
  return [
    'From: Ann <ann@example.org>',
    `Subject: with attachment ${seed}`,
    `Message-ID: <attachment${seed}-${Math.random()}@example.org>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'See below.',
    '--b',
    'Content-Type: application/octet-stream; name=data.bin',
    'Content-Disposition: attachment; filename=data.bin',
    'Content-Transfer-Encoding: base64',
    '',
    lines,
    '--b--',
    '',
  ].join('\r\n');
}
