/** What the store's caller is told of SQLite's and the file system's errors. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EiderError } from '../../src/errors.ts';
import { Database } from '../../src/sqlite/database.ts';
import { loadDriver } from '../../src/sqlite/driver.ts';
import { isBusy, toEiderError } from '../../src/sqlite/sqlite-error.ts';

const sqlite = (errcode: number): Error => Object.assign(new Error('x'), { errcode });
const system = (code: string): Error => Object.assign(new Error('x'), { code });

describe('errors', () => {
  it.each([
    [8, 'STORE_UNSUITABLE'],
    [11, 'STORE_CORRUPT'],
    [13, 'DISK_FULL'],
    [14, 'STORE_UNSUITABLE'],
    [26, 'STORE_CORRUPT'],
    [11 | (1 << 8), 'STORE_CORRUPT'],
  ])('SQLite %i is %s', (errcode, code) => {
    expect(toEiderError(sqlite(errcode))).toMatchObject({ code, cause: { errcode } });
  });

  it.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['ENOTDIR', 'STORE_UNSUITABLE'],
    ['EACCES', 'STORE_UNSUITABLE'],
    ['EROFS', 'STORE_UNSUITABLE'],
  ])('%s is %s', (name, code) => expect(toEiderError(system(name))).toMatchObject({ code }));

  it('others stay what they are', () => {
    for (const error of [new Error('x'), sqlite(1), system('EPIPE'), new EiderError('ABORTED', 'x'), null, 'text']) {
      expect(toEiderError(error)).toBe(error);
    }
  });

  it('busy is 5 and 6, with any extension', () => {
    expect([5, 6, 5 | (1 << 8), 13].map((code) => isBusy(sqlite(code)))).toEqual([true, true, true, false]);
    expect(isBusy(new Error('x'))).toBe(false);
  });
});

describe('an error by whatever call of a binding', () => {
  const CALLS = ['run', 'get', 'all'] as const;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eider-error-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const errorOf = (work: () => unknown): unknown => {
    try {
      work();
    } catch (error) {
      return error;
    }
    throw new Error('nothing was thrown');
  };

  it.each(CALLS)('a busy database is told as such: %s', (call) => {
    const file = join(folder, 'busy.db');
    const [db, other] = [new Database(loadDriver(), file), new Database(loadDriver(), file)];
    db.exec('CREATE TABLE t (x)');
    db.opened();
    other.exec('BEGIN IMMEDIATE');
    expect(isBusy(errorOf(() => db[call]('INSERT INTO t VALUES (1) RETURNING x')))).toBe(true);
    other.close();
    db.close();
  });

  it.each(CALLS)('a damaged database is told as such: %s', async (call) => {
    const file = join(folder, 'damaged.db');
    const made = new (loadDriver().DatabaseSync)(file);
    made.exec('CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(20000))');
    made.close();
    await writeFile(file, (await readFile(file)).fill(0xff, 4096));
    const db = new Database(loadDriver(), file);
    expect(toEiderError(errorOf(() => db[call]('SELECT x FROM t')))).toMatchObject({ code: 'STORE_CORRUPT' });
    db.close();
  });
});
