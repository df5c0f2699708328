/** What the store's caller is told of SQLite's and the file system's errors. */

import { describe, expect, it } from 'vitest';
import { EiderError } from '../../src/errors.ts';
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
