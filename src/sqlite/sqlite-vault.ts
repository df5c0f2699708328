/** Small records of all owners, in the directory's database. */

import { setImmediate as turn } from 'node:timers/promises';
import type { OwnedVaultEntry, Vault, VaultContent, VaultCount, VaultEntry, VaultPlace } from '../engine/vault.ts';
import {
  newVersion,
  requireCounter,
  requireKind,
  requireOwner,
  requirePlace,
  vaultFields,
} from '../engine/vault-bounds.ts';
import type { Database } from './database.ts';
import type { SqlValue } from './driver.ts';
import type { GroupedWrites } from './grouped-writes.ts';
import { retryBusy } from './retry-busy.ts';
import type { WalSync } from './wal-sync.ts';

interface Row {
  kind: string;
  key: string;
  value: Uint8Array;
  count: number | null;
  version: number;
  expires: number | null;
}

/** Records that a sweep removes at once. */
const BATCH = 1000;

const IS_LIVE = '(expires IS NULL OR expires > ?)';
const AT_PLACE = 'owner = ? AND kind = ? AND key = ?';

/**
 * Each call is a few statements that wait for nothing, on the directory's connection: so it is atomic among all
 * processes, and never inside of a transaction of the directory's, which do not wait between their statements either.
 */
export class SqliteVault implements Vault {
  readonly #db: Database;
  readonly #wal: WalSync | null;
  readonly #writes: GroupedWrites;
  readonly #requireOpen: () => void;

  constructor(db: Database, wal: WalSync | null, writes: GroupedWrites, requireOpen: () => void) {
    this.#db = db;
    this.#wal = wal;
    this.#writes = writes;
    this.#requireOpen = requireOpen;
  }

  async get(place: VaultPlace): Promise<VaultEntry | null> {
    requirePlace(place);
    const sql = `SELECT * FROM vault WHERE ${AT_PLACE} AND ${IS_LIVE}`;
    return this.#rows(sql, ...valuesOf(place), Date.now()).then(firstEntry);
  }

  async list(
    { owner, kind }: Omit<VaultPlace, 'key'>,
    { after = '', limit }: { readonly after?: string; readonly limit: number },
  ): Promise<VaultEntry[]> {
    requireOwner(owner);
    requireKind(kind);
    const sql = `SELECT * FROM vault WHERE owner = ? AND kind = ? AND key > ? AND ${IS_LIVE} ORDER BY key LIMIT ?`;
    return (await this.#rows(sql, owner, kind, after, Date.now(), limit)).map(toEntry);
  }

  async put(place: VaultPlace, content: VaultContent): Promise<void> {
    requirePlace(place);
    const { value, version, expires } = vaultFields(content);
    const sql = 'INSERT OR REPLACE INTO vault VALUES (?, ?, ?, ?, NULL, ?, ?)';
    await this.#change(() => this.#db.run(sql, ...valuesOf(place), Buffer.from(value), version, expires));
  }

  async create(place: VaultPlace, content: VaultContent): Promise<boolean> {
    requirePlace(place);
    const { value, version, expires } = vaultFields(content);
    const sql = `INSERT INTO vault VALUES (?, ?, ?, ?, NULL, ?, ?)
      ON CONFLICT DO UPDATE SET value = excluded.value, count = NULL, version = excluded.version,
        expires = excluded.expires WHERE vault.expires <= ?`;
    const values = [...valuesOf(place), Buffer.from(value), version, expires];
    return (await this.#change(() => this.#db.run(sql, ...values, Date.now()))) > 0;
  }

  async update(place: VaultPlace, version: number, content: VaultContent): Promise<boolean> {
    requirePlace(place);
    const fields = vaultFields(content);
    const sql = `UPDATE vault SET value = ?, count = NULL, version = ?, expires = ?
      WHERE ${AT_PLACE} AND version = ? AND ${IS_LIVE}`;
    const values = [Buffer.from(fields.value), fields.version, fields.expires, ...valuesOf(place), version];
    return (await this.#change(() => this.#db.run(sql, ...values, Date.now()))) > 0;
  }

  async take(place: VaultPlace): Promise<VaultEntry | null> {
    requirePlace(place);
    const values = valuesOf(place);
    const taken = await this.#writes.run(() => {
      const row = this.#db.get<Row>(`SELECT * FROM vault WHERE ${AT_PLACE} AND ${IS_LIVE}`, ...values, Date.now());
      if (row) this.#db.run(`DELETE FROM vault WHERE ${AT_PLACE}`, ...values);
      return row;
    });
    if (!taken) return null;
    await this.#wal?.sync();
    return toEntry(taken);
  }

  async count(place: VaultPlace, amount: number, expires: number): Promise<VaultCount> {
    requirePlace(place);
    requireCounter(amount, expires);
    const sql = `INSERT INTO vault VALUES (?, ?, ?, x'', ?, ?, ?)
      ON CONFLICT DO UPDATE SET value = x'', version = excluded.version,
        count = excluded.count + iif(expires > ?, coalesce(count, 0), 0),
        expires = iif(count IS NOT NULL AND expires > ?, expires, excluded.expires)`;
    const values = valuesOf(place);
    return this.#writes.run(() => {
      const now = Date.now();
      this.#db.run(sql, ...values, amount, newVersion(), expires, now, now);
      return {
        ...(this.#db.get<VaultCount>(`SELECT count, expires FROM vault WHERE ${AT_PLACE}`, ...values) as VaultCount),
      };
    });
  }

  async all(
    owner: string,
    { after, limit }: { readonly after?: Omit<VaultPlace, 'owner'>; readonly limit: number },
  ): Promise<OwnedVaultEntry[]> {
    requireOwner(owner);
    const sql = `SELECT * FROM vault WHERE owner = ? AND (kind, key) > (?, ?) AND count IS NULL AND ${IS_LIVE}
      ORDER BY kind, key LIMIT ?`;
    const rows = await this.#rows(sql, owner, after?.kind ?? '', after?.key ?? '', Date.now(), limit);
    return rows.map((row) => ({ kind: row.kind, ...toEntry(row) }));
  }

  async clear(owner: string, kind?: string): Promise<void> {
    requireOwner(owner);
    if (kind !== undefined) requireKind(kind);
    await this.#change(() =>
      kind === undefined
        ? this.#db.run('DELETE FROM vault WHERE owner = ?', owner)
        : this.#db.run('DELETE FROM vault WHERE owner = ? AND kind = ?', owner, kind),
    );
  }

  async sweep({ dryRun = false }: { readonly dryRun?: boolean } = {}): Promise<number> {
    const now = Date.now();
    if (dryRun) {
      const [row] = await this.#rows<{ n: number }>('SELECT count(*) AS n FROM vault WHERE expires <= ?', now);
      return row?.n ?? 0;
    }
    const sql = `DELETE FROM vault WHERE (owner, kind, key) IN
      (SELECT owner, kind, key FROM vault WHERE expires <= ? LIMIT ${BATCH})`;
    for (let swept = 0; ; ) {
      const gone = await this.#change(() => this.#db.run(sql, now));
      swept += gone;
      if (gone < BATCH) return swept;
      await turn();
    }
  }

  /** Resolves with how many records were changed, once that is on the disk. */
  async #change(work: () => number): Promise<number> {
    const changed = await this.#writes.run(work);
    if (changed > 0) await this.#wal?.sync();
    return changed;
  }

  async #rows<T = Row>(sql: string, ...values: SqlValue[]): Promise<T[]> {
    return retryBusy(() => {
      this.#requireOpen();
      return this.#db.all<T>(sql, ...values);
    });
  }
}

function valuesOf({ owner, kind, key }: VaultPlace): string[] {
  return [owner, kind, key];
}

function firstEntry([row]: readonly Row[]): VaultEntry | null {
  return row ? toEntry(row) : null;
}

function toEntry({ key, value, count, version, expires }: Row): VaultEntry {
  return { key, value: count === null ? Buffer.from(value).toString() : String(count), version, expires };
}
