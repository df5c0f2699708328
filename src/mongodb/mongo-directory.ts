/** The directory of accounts: a document for each, and one for each name and address that leads to it. */

import type { ClientSession, Document } from 'mongodb';
import type { AccountPatch, AccountRecord, Directory } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import { newState } from './account-state.ts';
import type { AccountDocument, Collections } from './collections.ts';
import { newManifest } from './index-manifest.ts';
import { ofAccount, ofOwner } from './keys.ts';
import { isConflict, isUnavailable, toEiderError } from './mongo-error.ts';
import { PinnedTransaction } from './pinned-transaction.ts';
import type { Sessions } from './sessions.ts';

/** How often a transaction of the directory is tried. */
const TRIES = 20;
/** What the directory tells of an account may be so old, in milliseconds. */
const KNOWN_MS = 1000;
/** Records kept in memory. */
const MAX_KNOWN = 10_000;

/** What the directory needs of the engine. */
export interface DirectoryHooks {
  /** @throws `STORE_CLOSED`. */
  requireOpen(): void;
  /** The account is gone. */
  deleted(id: AccountId): void;
}

interface Known {
  readonly record: AccountRecord;
  readonly until: number;
}

/** Accounts of the cluster. Names are unique as the keys of their documents. */
export class MongoDirectory implements Directory {
  readonly #sessions: Sessions;
  readonly #collections: Collections;
  readonly #hooks: DirectoryHooks;
  /** Each delivery finds its account by address, and asks for its settings a moment after. */
  readonly #known = new Map<AccountId, Known>();
  /** Whose a name was when it was last looked up; counts only with what is known of that account. */
  readonly #names = new Map<string, AccountId>();

  constructor(sessions: Sessions, collections: Collections, hooks: DirectoryHooks) {
    this.#sessions = sessions;
    this.#collections = collections;
    this.#hooks = hooks;
  }

  async create(record: AccountRecord): Promise<void> {
    const { id, ...fields } = record;
    await this.#transact(async (session) => {
      const { accounts, mail } = this.#collections;
      await this.#claim(record.name, id, 'ACCOUNT_EXISTS', session);
      for (const address of new Set(record.addresses)) {
        if (address !== record.name) await this.#claim(address, id, 'ADDRESS_EXISTS', session);
      }
      await accounts.insertOne({ _id: id, ...fields }, { session });
      await mail.insertMany([{ ...newState(id) }, { ...newManifest(id) }], { session });
    });
  }

  /** What other processes have changed of the settings is seen within a second. */
  async get(id: AccountId): Promise<AccountRecord | null> {
    this.#hooks.requireOpen();
    const known = this.#known.get(id);
    if (known && known.until > Date.now()) return known.record;
    return this.#note(
      await this.#answer(this.#collections.accounts.findOne({ _id: id, removing: { $exists: false } })),
    );
  }

  /** As old as {@link MongoDirectory.get}; that there is no such account is never remembered. */
  async find(nameOrAddress: string): Promise<AccountRecord | null> {
    this.#hooks.requireOpen();
    const known = this.#known.get(this.#names.get(nameOrAddress) ?? '');
    if (known && known.until > Date.now() && isCalled(known.record, nameOrAddress)) return known.record;
    const account = await this.#answer(
      this.#lookUp(nameOrAddress).catch((error: unknown) => {
        // Once more when a server has gone, as the driver does with reads of its own.
        if (isUnavailable(error)) return this.#lookUp(nameOrAddress);
        throw error;
      }),
    );
    const record = this.#note(account?.removing ? null : (account ?? null));
    if (record) this.#names.set(nameOrAddress, record.id);
    else this.#names.delete(nameOrAddress);
    if (this.#names.size > MAX_KNOWN) this.#names.clear();
    return record;
  }

  /** One statement, which every delivery and every login begins with. */
  async #lookUp(name: string): Promise<AccountDocument | undefined> {
    const { db, accounts, logins } = this.#collections;
    const command = {
      aggregate: logins.collectionName,
      pipeline: [
        { $match: { _id: name } },
        { $lookup: { from: accounts.collectionName, localField: 'account', foreignField: '_id', as: 'found' } },
        { $project: { found: 1 } },
      ],
      cursor: {},
    };
    const [login] = (await db.command(command, { readPreference: 'primary' })).cursor.firstBatch;
    return login?.found[0];
  }

  async list({ after, limit }: { after?: AccountId; limit: number }): Promise<AccountRecord[]> {
    this.#hooks.requireOpen();
    const found = await this.#answer(
      this.#collections.accounts
        .find({ _id: { $gt: after ?? '' }, removing: { $exists: false } }, { sort: { _id: 1 }, limit })
        .toArray(),
    );
    return found.map(toRecord);
  }

  async update(id: AccountId, patch: AccountPatch): Promise<void> {
    await this.#transact(async (session) => {
      const { accounts, logins } = this.#collections;
      const { addresses } = patch;
      const set = Object.fromEntries(
        Object.entries(patch).filter(([, value]) => value !== undefined && typeof value !== 'function'),
      );
      // Written first, so that two updates of one account come one after the other.
      const before = await accounts.findOneAndUpdate(
        { _id: id, removing: { $exists: false } },
        { $set: { ...set, updated: Date.now() } },
        { session, returnDocument: 'before' },
      );
      if (!before) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
      if (!addresses) return;
      const next = typeof addresses === 'function' ? [...addresses(before.addresses)] : addresses;
      if (next !== addresses) await accounts.updateOne({ _id: id }, { $set: { addresses: next } }, { session });
      const wanted = new Set([before.name, ...next]);
      const gone = before.addresses.filter((address) => !wanted.has(address));
      if (gone.length > 0) await logins.deleteMany({ _id: { $in: gone }, account: id }, { session });
      const had = new Set([before.name, ...before.addresses]);
      for (const address of wanted) if (!had.has(address)) await this.#claim(address, id, 'ADDRESS_EXISTS', session);
    });
    this.#known.delete(id);
  }

  async replacePasswordHash(id: AccountId, from: string, to: string): Promise<boolean> {
    const replaced = await this.#transact((session) =>
      this.#collections.accounts.updateOne(
        { _id: id, removing: { $exists: false }, passwordHash: from },
        { $set: { passwordHash: to, updated: Date.now() } },
        { session },
      ),
    );
    this.#known.delete(id);
    return replaced.matchedCount === 1;
  }

  /** Gives an account that has just come in its name, addresses and settings. */
  async release({ id, ...fields }: AccountRecord): Promise<void> {
    await this.#transact(async (session) => {
      const { accounts, logins } = this.#collections;
      const before = await accounts.findOneAndUpdate(
        { _id: id, removing: { $exists: false } },
        { $set: { ...fields, updated: Date.now() } },
        { session, returnDocument: 'before' },
      );
      if (!before) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
      const had = new Set([before.name, ...before.addresses]);
      const wanted = new Set([fields.name, ...fields.addresses]);
      const gone = [...had].filter((login) => !wanted.has(login));
      if (gone.length > 0) await logins.deleteMany({ _id: { $in: gone }, account: id }, { session });
      for (const login of wanted) {
        const code = login === fields.name ? 'ACCOUNT_EXISTS' : 'ADDRESS_EXISTS';
        if (!had.has(login)) await this.#claim(login, id, code, session);
      }
    });
    this.#known.delete(id);
  }

  async delete(id: AccountId): Promise<boolean> {
    const was = await this.#transact(async (session) => {
      const { accounts, logins, mail } = this.#collections;
      const account = await accounts.findOneAndUpdate(
        { _id: id, removing: { $exists: false } },
        { $set: { removing: true as const } },
        { session },
      );
      if (!account) return false;
      await logins.deleteMany({ _id: { $in: [account.name, ...account.addresses] }, account: id }, { session });
      await mail.deleteOne({ _id: id, account: id }, { session });
      return true;
    });
    this.#known.delete(id);
    if (!was) return false;
    this.#hooks.deleted(id);
    await this.#answer(this.#removeMail(id));
    return true;
  }

  /** Removes what is left of accounts whose removal a crash has cut short. */
  async finishRemovals(): Promise<void> {
    const left = await this.#collections.accounts.find({ removing: true }, { projection: { _id: 1 } }).toArray();
    for (const { _id } of left) await this.#removeMail(_id);
  }

  /** The account's record goes last, so that what was cut short is found again. */
  async #removeMail(account: AccountId): Promise<void> {
    const { accounts, mail, contents, pieces, terms, vault } = this.#collections;
    // By key, as the account alone has no index where there are no shards.
    const all = { account, _id: ofAccount(account) as Document };
    await mail.deleteMany(all);
    await contents.deleteMany(all);
    await pieces.deleteMany(all);
    await terms.deleteMany(all);
    await vault.deleteMany({ owner: account, _id: ofOwner(account) as Document });
    await accounts.deleteOne({ _id: account, removing: true });
  }

  /** Makes a name the account's. */
  async #claim(
    name: string,
    account: AccountId,
    code: 'ACCOUNT_EXISTS' | 'ADDRESS_EXISTS',
    session: ClientSession,
  ): Promise<void> {
    const what = code === 'ACCOUNT_EXISTS' ? 'name' : 'address';
    const taken = new EiderError(code, `the ${what} ${name} is taken`);
    // Looked up first, as a key that is there already ends the transaction, and leaves open what has happened.
    if (await this.#collections.logins.findOne({ _id: name }, { session })) throw taken;
    await this.#collections.logins.insertOne({ _id: name, account }, { session });
  }

  #note(account: AccountDocument | null): AccountRecord | null {
    if (!account) return null;
    const record = toRecord(account);
    this.#known.delete(record.id);
    this.#known.set(record.id, { record, until: Date.now() + KNOWN_MS });
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return record;
  }

  async #answer<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw toEiderError(error);
    }
  }

  async #transact<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    this.#hooks.requireOpen();
    for (let left = TRIES; ; left--) {
      await using pinned = new PinnedTransaction(this.#sessions);
      try {
        const value = await work(pinned.session);
        await pinned.commit();
        return value;
      } catch (error) {
        if (left === 0 || !isConflict(error)) throw toEiderError(error);
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    }
  }
}

/** Whether a name or an address is the account's. */
function isCalled({ name, addresses }: AccountRecord, nameOrAddress: string): boolean {
  return name === nameOrAddress || addresses.includes(nameOrAddress);
}

function toRecord(account: AccountDocument): AccountRecord {
  const { _id, name, addresses, limits, copies, created, passwordHash } = account;
  return {
    id: _id,
    name,
    addresses: [...addresses],
    limits: { ...limits },
    copies,
    created,
    passwordHash,
  };
}
