/** What SQLite's result codes mean to the store. */

import { EiderError, type ErrorCode } from '../errors.ts';

const BUSY = 5;
const LOCKED = 6;

const CODES: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  8: ['STORE_UNSUITABLE', 'the database cannot be written'],
  11: ['STORE_CORRUPT', 'the database is damaged'],
  13: ['DISK_FULL', 'the disk is full'],
  14: ['STORE_UNSUITABLE', 'the database cannot be opened'],
  26: ['STORE_CORRUPT', 'the file is not a database'],
};

/** What SQLite says of the same, where a binding gives no code with it: the packaged one, of reads of several rows. */
const MESSAGES: ReadonlyMap<string, number> = new Map([
  ['database is locked', BUSY],
  ['database table is locked', LOCKED],
  ['attempt to write a readonly database', 8],
  ['database disk image is malformed', 11],
  ['database or disk is full', 13],
  ['unable to open database file', 14],
  ['file is not a database', 26],
]);

/** What the file system says of a folder that cannot be a store's. */
const UNSUITABLE: ReadonlySet<string> = new Set([
  'EACCES',
  'EEXIST',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOTDIR',
  'EPERM',
  'EROFS',
]);

/** SQLite's primary result code of an error, or 0 when it is not SQLite's. */
export function resultCode(error: unknown): number {
  const { code, errcode, message } = (error ?? {}) as { code?: unknown; errcode?: unknown; message?: unknown };
  if (typeof errcode === 'number') return errcode & 0xff;
  return code === 'ERR_SQLITE_ERROR' ? (MESSAGES.get(String(message)) ?? 0) : 0;
}

/** Whether another connection was in the way. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === BUSY || code === LOCKED;
}

/** The error that the store's caller sees. */
export function toEiderError(error: unknown): unknown {
  const known = CODES[resultCode(error)];
  if (known) return new EiderError(known[0], known[1], { cause: error });
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (UNSUITABLE.has(code ?? ''))
    return new EiderError('STORE_UNSUITABLE', 'the folder cannot be used', { cause: error });
  if (code === 'ENOSPC' || code === 'EDQUOT') return new EiderError('DISK_FULL', 'the disk is full', { cause: error });
  return error;
}
