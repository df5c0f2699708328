/** Conditional requests and ranges. RFC 9110 sections 13 and 14. */

import { ApiError } from './problems.ts';

/** Whether the client has what the tag stands for. RFC 9110 section 13.1.2. */
export function hasMatch(request: Request, etag: string): boolean {
  const wanted = request.headers.get('if-none-match');
  if (wanted === null) return false;
  if (wanted.trim() === '*') return true;
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  return wanted.split(',').some((tag) => opaque(tag) === opaque(etag));
}

/** The answer for who has it already. */
export function notModified(etag: string): Response {
  return new Response(null, { status: 304, headers: { etag, 'cache-control': 'private, no-cache' } });
}

/** Octets from `start` to `end` (exclusive). */
export interface OctetRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The one range that is asked for, of what has `size` octets; `null` for all of it: no range is asked for, or several,
 * or one of a thing that has changed since.
 *
 * @throws {@link ApiError} `RangeNotSatisfiable`.
 */
export function rangeOf(request: Request, size: number, etag: string): OctetRange | null {
  const found = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get('range')?.trim() ?? '');
  if (!found || (found[1] === '' && found[2] === '')) return null;
  const condition = request.headers.get('if-range');
  if (condition !== null && condition !== etag) return null;
  const [first, last] = [found[1] as string, found[2] as string];
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start < end) return { start, end };
  throw new ApiError('RangeNotSatisfiable', `there are ${size} octets`, {
    headers: { 'content-range': `bytes */${size}` },
  });
}
