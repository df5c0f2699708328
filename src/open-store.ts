/** Opens a store: the embedded engine, the attachment tier, passwords, put together. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AuthenticationOptions } from './auth/authentication-options.ts';
import { PasswordVerifier } from './auth/password.ts';
import { requireRelyingParty } from './auth/relying-party.ts';
import { StoreAuthentication } from './auth/store-authentication.ts';
import { DirectoryBlobStore } from './blobs/directory-blob-store.ts';
import { MemoryBlobStore } from './blobs/memory-blob-store.ts';
import { Sealer } from './crypto/sealer.ts';
import type { DeliveryOptions, OutgoingOptions } from './delivery/delivery-context.ts';
import { RecordedEncryption } from './delivery/encryption-at-rest.ts';
import { webhookPoster } from './delivery/post-webhook.ts';
import { makeServices } from './delivery/services.ts';
import type { SpamTrust } from './delivery/spam-verdict.ts';
import type { BlobStore } from './engine/blob-store.ts';
import type { Engine } from './engine/engine.ts';
import type { PeerChannel } from './engine/peers.ts';
import { EiderError } from './errors.ts';
import { attachmentNamed } from './mime/attachment-named.ts';
import { extractSearchText, searchTextExtractor } from './mime/extract-search-text.ts';
import { headerContains } from './mime/header-contains.ts';
import type { AccountLimits } from './model/account.ts';
import { changeLimits, NO_LIMITS } from './model/account-limits.ts';
import { NetworkList } from './model/networks.ts';
import type { WebhooksOptions } from './model/webhook.ts';
import type { MongoSource, OpenedDatabase } from './mongodb/connect.ts';
import { DIRECTORY_FILE, openSqliteEngine } from './sqlite/sqlite-engine.ts';
import type { StoreContext } from './store/context.ts';
import { StoreDefaultLimits } from './store/default-limits.ts';
import type { MessageStore, PasswordPolicy } from './store/message-store.ts';
import { Store } from './store/store.ts';
import { TracedEngine } from './store/traced-engine.ts';
import { requireWaits } from './webhooks/post-outcome.ts';

/** Options of {@link openStore}. */
export interface OpenStoreOptions {
  /**
   * The folder for text, metadata and search: the fast disk. Made when missing. `:memory:` keeps everything in memory,
   * attachments too.
   */
  readonly path?: string;
  /** The folder for attachments: the cheap disk. @defaultValue `attachments` below `path` */
  readonly attachmentsPath?: string;
  /**
   * A MongoDB cluster instead of `path`, for more than one machine: a replica set, or shards behind a `mongos`. An
   * empty database becomes a store.
   */
  readonly mongodb?: MongoSource;
  /**
   * Where attachments lie on MongoDB: another connection, database or cluster. Not together with `attachmentsPath`.
   * @defaultValue the database of `mongodb`
   */
  readonly attachments?: MongoSource;
  /**
   * How often a process looks for what others changed where the cluster has no change streams, in milliseconds.
   * @defaultValue 1000
   */
  readonly pollMs?: number;
  /** Most octets of one message. @defaultValue 268435456 (256 MB) */
  readonly maxMessageSize?: number;
  /**
   * For how many days expunged messages and deleted mailboxes can be brought back; they count in no quota. 0 for not at
   * all. @defaultValue 25
   */
  readonly restorableDays?: number;
  /**
   * Limits of accounts of which nothing else was said; those of an account, and those of `store.defaultLimits`, go
   * first. @defaultValue none
   */
  readonly limits?: Partial<AccountLimits>;
  /** Accounts kept open at once; each takes some 6 file descriptors and a few MB. @defaultValue 100 */
  readonly maxOpenAccounts?: number;
  /**
   * How processes that share the folder wake each other. Without it, what other processes change is noticed within
   * 100 ms.
   */
  readonly peers?: PeerChannel;
  /**
   * Whether an empty place becomes a store; with `false` it is refused, as a name that was mistyped should be.
   * @defaultValue true
   */
  readonly create?: boolean;
  /**
   * At least 32 random octets, kept apart from the store and the same for all its processes: what has to be read again,
   * such as seeds of one-time passwords, is sealed under it. @defaultValue none: such things cannot be switched on
   */
  readonly secret?: Uint8Array;
  /** Limits on guessing, how long the log is kept, an authority of your own. */
  readonly authentication?: AuthenticationOptions;
  /** Asked about each new password, before it is hashed: those of hashes that are taken over cannot be. */
  readonly passwordPolicy?: PasswordPolicy;
  /** Which fields of a message are believed when they speak of spam. @defaultValue those above the first Received */
  readonly spamTrust?: SpamTrust;
  /** Hooks on mail that arrives, and the check of senders. */
  readonly delivery?: DeliveryOptions;
  /** How mail that the store itself sends, such as forwards, goes out. @defaultValue it waits */
  readonly outgoing?: OutgoingOptions;
  /** How the webhooks of `store.webhooks` are posted. */
  readonly webhooks?: WebhooksOptions;
  /** An engine of your own, instead of the embedded one at `path`. The store closes it. */
  readonly engine?: Engine;
  /** A blob store of your own, instead of the folder. The store closes it. */
  readonly blobs?: BlobStore;
}

const DAY_MS = 86_400_000;
const MAX_RESTORABLE_DAYS = 36_500;

/** The default of {@link OpenStoreOptions.restorableDays}. */
export const DEFAULT_RESTORABLE_DAYS: number = 25;

/** The default of {@link OpenStoreOptions.maxMessageSize}, in octets. */
export const DEFAULT_MAX_MESSAGE_SIZE: number = 256 * 1024 * 1024;

/**
 * Opens a mail store, making it when there is none. Several processes may have the same folder open.
 *
 * @throws `STORE_UNSUITABLE` when a folder cannot be made or written, the MongoDB server has no transactions or lacks
 *   an index, or there is no store and `create` is `false`; `SCHEMA_TOO_NEW` when a newer version of eider wrote it; `STORE_CORRUPT`; `UNSUPPORTED` when there
 *   is no usable SQLite; `UNAVAILABLE` when no MongoDB server answers within 5 seconds; `INVALID_ARGUMENT` when the
 *   options say nowhere, or two places, the relying party is one that no key could answer, the secret of webhooks
 *   is too short, or there are no waits between their tries.
 * @example
 * ```ts
 * await using store = await openStore({ path: './mail' });
 * ```
 */
export async function openStore(options: OpenStoreOptions): Promise<MessageStore> {
  // Before anything is opened: they may be refused.
  const sealer = options.secret ? new Sealer(options.secret) : null;
  if (options.authentication?.relyingParty) requireRelyingParty(options.authentication.relyingParty);
  new NetworkList(options.authentication?.limits?.trusted ?? []);
  if (options.outgoing?.webhooks) webhookPoster(options.outgoing.webhooks);
  if (options.webhooks?.waitsMs) requireWaits(options.webhooks.waitsMs);
  const parts = await openParts(options);
  const passwords = new PasswordVerifier();
  const { vault } = parts.engine;
  const now = options.authentication?.now;
  return new Store(
    parts,
    passwords,
    (directory) => new StoreAuthentication({ vault, directory, passwords, sealer }, options.authentication),
    options.passwordPolicy ?? null,
    (store, context) => makeServices(context, store, sealer, { ...options, ...(now && { now }) }),
  );
}

/** The parts of which {@link openStore} makes a store; who asks for them closes them, the engine first. */
export async function openParts(options: OpenStoreOptions): Promise<StoreContext> {
  requirePlaces(options);
  const { restorableDays = DEFAULT_RESTORABLE_DAYS } = options;
  const limits = changeLimits(NO_LIMITS, options.limits);
  if (!(restorableDays >= 0 && restorableDays <= MAX_RESTORABLE_DAYS)) {
    throw new EiderError('INVALID_ARGUMENT', `restorableDays is a number from 0 to ${MAX_RESTORABLE_DAYS}`);
  }
  const cluster = options.mongodb === undefined ? null : await connect(options.mongodb);
  const engine = new TracedEngine(
    options.engine ?? (cluster ? await openOnCluster(cluster, options) : await openEmbedded(options)),
  );
  try {
    const blobs = options.blobs ?? (await openBlobs(options, cluster));
    const maxMessageSize = options.maxMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE;
    const defaultLimits = new StoreDefaultLimits(engine.vault, limits);
    const atRest = new RecordedEncryption({ engine, blobs, maxMessageSize });
    return { engine, blobs, maxMessageSize, restorableMs: restorableDays * DAY_MS, defaultLimits, atRest };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function requirePlaces({ path, mongodb, engine, attachments, attachmentsPath }: OpenStoreOptions): void {
  if ([path, mongodb, engine].every((place) => place === undefined)) {
    throw new EiderError('INVALID_ARGUMENT', 'a store needs a path, or a MongoDB cluster, or an engine');
  }
  if (path !== undefined && mongodb !== undefined) {
    throw new EiderError('INVALID_ARGUMENT', 'a store lies at a path or on MongoDB, not both');
  }
  if (attachments !== undefined && attachmentsPath !== undefined) {
    throw new EiderError('INVALID_ARGUMENT', 'attachments lie at a path or on MongoDB, not both');
  }
}

async function openEmbedded({ path, peers, maxOpenAccounts, create }: OpenStoreOptions): Promise<Engine> {
  if (create === false && !existsSync(join(path as string, DIRECTORY_FILE))) {
    throw new EiderError('STORE_UNSUITABLE', `there is no store in ${path}`);
  }
  return openSqliteEngine({
    path: path as string,
    matchers: { headerContains, attachmentNamed },
    extractor: searchTextExtractor,
    ...(peers && { peers }),
    ...(maxOpenAccounts !== undefined && { maxOpenAccounts }),
  });
}

// What is about clusters is loaded by who has one: others start faster without.
async function connect(source: MongoSource): Promise<OpenedDatabase> {
  const { openDatabase } = await import('./mongodb/connect.ts');
  return openDatabase(source);
}

async function openOnCluster(cluster: OpenedDatabase, { peers, pollMs, create }: OpenStoreOptions): Promise<Engine> {
  const { openMongoEngine } = await import('./mongodb/mongo-engine.ts');
  return openMongoEngine({
    ...cluster,
    matchers: { headerContains, attachmentNamed },
    extractSearchText,
    ...(peers && { peers }),
    ...(pollMs !== undefined && { pollMs }),
    ...(create !== undefined && { create }),
  });
}

async function openBlobs(
  { path, attachmentsPath, attachments, create = true }: OpenStoreOptions,
  cluster: OpenedDatabase | null,
): Promise<BlobStore> {
  if (attachmentsPath !== undefined) return DirectoryBlobStore.open(attachmentsPath);
  if (attachments !== undefined) return openBlobsOn(await connect(attachments), create);
  // The store's own client ends with the engine.
  if (cluster) return openBlobsOn({ db: cluster.db, closeClient: false }, create);
  if (path === undefined || path === ':memory:') return new MemoryBlobStore();
  return DirectoryBlobStore.open(join(path, 'attachments'));
}

async function openBlobsOn(cluster: OpenedDatabase, create: boolean): Promise<BlobStore> {
  const { openMongoBlobStore } = await import('./mongodb/open-mongo-blobs.ts');
  return openMongoBlobStore(cluster, create);
}
