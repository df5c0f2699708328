/** The directory of accounts in a database of its own. */

import type { AccountPatch, AccountRecord, Directory } from '../engine/engine.ts';
import { Mutex } from '../engine/mutex.ts';
import { EiderError } from '../errors.ts';
import type { AccountLimits } from '../model/account-limits.ts';
import type { AccountId } from '../model/ids.ts';
import type { Database } from './database.ts';
import { GroupedWrites } from './grouped-writes.ts';
import { retryBusy } from './retry-busy.ts';
import { toEiderError } from './sqlite-error.ts';
import { SqliteVault } from './sqlite-vault.ts';
import type { WalSync } from './wal-sync.ts';

interface Row {
  id: string;
  name: string;
  passwordHash: string | null;
  octetLimit: number | null;
  messageLimit: number | null;
  copies: string;
  created: number;
  furtherLimits: string;
}

/** Answers kept in memory. */
const MAX_CACHED = 10_000;

/** What the directory does when it has changed. */
export interface DirectoryHooks {
  /** Told of each commit. */
  committed(): void;
  /** Makes the account's database. */
  created(id: AccountId): Promise<void>;
  /** Removes the account's database. */
  deleted(id: AccountId): Promise<void>;
}

/** Accounts, and the names and addresses that lead to them. */
export class SqliteDirectory implements Directory {
  /** Lies in the same database, on the same connection. */
  readonly vault: SqliteVault;
  readonly #db: Database;
  readonly #wal: WalSync | null;
  readonly #hooks: DirectoryHooks;
  readonly #mutex = new Mutex();
  /** Those of the vault. */
  readonly #writes: GroupedWrites;
  #closed = false;
  readonly #cache = new Map<string, AccountRecord | null>();
  /** What `data_version` was when the cache was filled; it changes with commits of other connections. */
  #version: number | undefined;

  constructor(db: Database, wal: WalSync | null, hooks: DirectoryHooks) {
    this.#db = db;
    this.#wal = wal;
    this.#hooks = hooks;
    const requireOpen = (): void => this.#requireOpen();
    this.#writes = new GroupedWrites(db, { requireOpen, committed: hooks.committed });
    this.vault = new SqliteVault(db, wal, this.#writes, requireOpen);
  }

  async create(record: AccountRecord): Promise<void> {
    await this.#write(() => {
      if (this.#owner(record.name)) throw new EiderError('ACCOUNT_EXISTS', `the name ${record.name} is taken`);
      const { octets, messages, ...further } = record.limits;
      this.#db.run(
        'INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        record.id,
        record.name,
        record.passwordHash,
        octets,
        messages,
        record.copies,
        record.created,
        JSON.stringify(further),
      );
      this.#db.run('INSERT INTO login VALUES (?, ?, 0)', record.name, record.id);
      this.#setAddresses(record.id, record.name, record.addresses);
    });
    await this.#hooks.created(record.id);
  }

  async get(id: AccountId): Promise<AccountRecord | null> {
    return this.#cached('SELECT * FROM account WHERE id = ?', id);
  }

  async find(nameOrAddress: string): Promise<AccountRecord | null> {
    return this.#cached('SELECT a.* FROM login l JOIN account a ON a.id = l.accountId WHERE l.name = ?', nameOrAddress);
  }

  async list({ after, limit }: { after?: AccountId; limit: number }): Promise<AccountRecord[]> {
    return this.#read('SELECT * FROM account WHERE id > ? ORDER BY id LIMIT ?', after ?? '', limit);
  }

  async update(id: AccountId, patch: AccountPatch): Promise<void> {
    await this.#write(() => {
      const record = this.#read('SELECT * FROM account WHERE id = ?', id)[0];
      if (!record) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
      const { passwordHash, limits, copies } = { ...record, ...patch };
      const { octets, messages, ...further } = limits;
      this.#db.run(
        'UPDATE account SET passwordHash = ?, octetLimit = ?, messageLimit = ?, copies = ?, furtherLimits = ? WHERE id = ?',
        passwordHash,
        octets,
        messages,
        copies,
        JSON.stringify(further),
        id,
      );
      const { addresses } = patch;
      if (!addresses) return;
      this.#setAddresses(id, record.name, typeof addresses === 'function' ? addresses(record.addresses) : addresses);
    });
  }

  async replacePasswordHash(id: AccountId, from: string, to: string): Promise<boolean> {
    return this.#write(
      () => this.#db.run('UPDATE account SET passwordHash = ? WHERE id = ? AND passwordHash = ?', to, id, from) > 0,
    );
  }

  /** Gives an account that has just come in its name, addresses and settings. */
  async release(record: AccountRecord): Promise<void> {
    await this.#write(() => {
      const owner = this.#owner(record.name);
      if (owner !== undefined && owner !== record.id) {
        throw new EiderError('ACCOUNT_EXISTS', `the name ${record.name} is taken`);
      }
      const { octets, messages, ...further } = record.limits;
      const known = this.#db.run(
        `UPDATE account SET name = ?, passwordHash = ?, octetLimit = ?, messageLimit = ?, copies = ?, created = ?,
         furtherLimits = ? WHERE id = ?`,
        record.name,
        record.passwordHash,
        octets,
        messages,
        record.copies,
        record.created,
        JSON.stringify(further),
        record.id,
      );
      if (known === 0) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
      this.#db.run('DELETE FROM login WHERE accountId = ?', record.id);
      this.#db.run('INSERT INTO login VALUES (?, ?, 0)', record.name, record.id);
      this.#setAddresses(record.id, record.name, record.addresses);
    });
  }

  async delete(id: AccountId): Promise<boolean> {
    const was = await this.#write(() => {
      this.#db.run('DELETE FROM login WHERE accountId = ?', id);
      this.#db.run('DELETE FROM vault WHERE owner = ?', id);
      return this.#db.run('DELETE FROM account WHERE id = ?', id) > 0;
    });
    if (was) await this.#hooks.deleted(id);
    return was;
  }

  /** Does `work` while nobody in this process writes here. */
  exclusive(work: () => Promise<void>): Promise<void> {
    return this.#mutex.run(() => this.#writes.hold(work));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#mutex.run(async () => {
      await this.#wal?.close();
      this.#db.close();
    });
  }

  #owner(name: string): string | undefined {
    return this.#db.get<{ accountId: string }>('SELECT accountId FROM login WHERE name = ?', name)?.accountId;
  }

  #setAddresses(id: AccountId, name: string, addresses: readonly string[]): void {
    this.#db.run('DELETE FROM login WHERE accountId = ? AND position > 0', id);
    for (const [index, address] of addresses.entries()) {
      const owner = this.#owner(address);
      if (owner !== undefined && owner !== id)
        throw new EiderError('ADDRESS_EXISTS', `the address ${address} is taken`);
      // An account whose name is its address has one entry for both; -1 says so.
      if (address === name) this.#db.run('UPDATE login SET position = -1 - ? WHERE name = ?', index, name);
      else this.#db.run('INSERT OR IGNORE INTO login VALUES (?, ?, ?)', address, id, index + 1);
    }
    if (!addresses.includes(name)) this.#db.run('UPDATE login SET position = 0 WHERE name = ?', name);
  }

  /** Every delivery and every login asks for an account or two; they change rarely, and SQLite tells when they did. */
  #cached(sql: string, value: string): AccountRecord | null {
    this.#requireOpen();
    const version = this.#db.get<{ data_version: number }>('PRAGMA data_version')?.data_version;
    if (version !== this.#version || this.#cache.size >= MAX_CACHED) this.#cache.clear();
    this.#version = version;
    const key = sql + value;
    let record = this.#cache.get(key);
    if (record === undefined) {
      record = this.#read(sql, value)[0] ?? null;
      this.#cache.set(key, record);
    }
    return record;
  }

  #read(sql: string, ...values: (string | number)[]): AccountRecord[] {
    this.#requireOpen();
    try {
      return this.#db.all<Row>(sql, ...values).map((row) => this.#toRecord(row));
    } catch (error) {
      throw toEiderError(error);
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new EiderError('STORE_CLOSED', 'the store is closed');
  }

  #toRecord(row: Row): AccountRecord {
    const addresses = this.#db.all<{ name: string; position: number }>(
      'SELECT name, CASE WHEN position < 0 THEN -position ELSE position END AS position FROM login WHERE accountId = ? AND position <> 0 ORDER BY 2',
      row.id,
    );
    return {
      id: row.id,
      name: row.name,
      addresses: addresses.map((address) => address.name),
      limits: { octets: row.octetLimit, messages: row.messageLimit, ...furtherLimits(row) },
      copies: row.copies === 'separate' ? 'separate' : 'label',
      created: row.created,
      passwordHash: row.passwordHash,
    };
  }

  /** One transaction, durable when it resolves. */
  async #write<T>(work: () => T): Promise<T> {
    this.#requireOpen();
    const value = await this.#mutex.run(() => retryBusy(() => this.#transact(work)));
    await this.#wal?.sync();
    return value;
  }

  #transact<T>(work: () => T): T {
    const value = this.#db.transaction(work, 'IMMEDIATE');
    this.#cache.clear();
    this.#hooks.committed();
    return value;
  }
}

function furtherLimits({ furtherLimits: text }: Row): Partial<AccountLimits> {
  return text === '{}' ? {} : (JSON.parse(text) as Partial<AccountLimits>);
}
