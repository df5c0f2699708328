/** What the file system's errors mean for who keeps mail. */

import { EiderError } from '../errors.ts';

/** The code of a system error, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** `DISK_FULL` and `STORE_UNSUITABLE` where the system says so; other errors as they are. */
export function toDiskError(error: unknown): unknown {
  switch (systemCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new EiderError('DISK_FULL', 'no space is left for attachments', { cause: error });
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
    case 'ENOTDIR':
      return new EiderError('STORE_UNSUITABLE', 'the attachments folder cannot be written', { cause: error });
    case 'EMFILE':
    case 'ENFILE':
      return new EiderError('BUSY', 'too many files are open', { cause: error });
    default:
      return error;
  }
}
