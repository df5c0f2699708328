/** Small records of accounts of which a part is sealed, so that they can be sealed anew for elsewhere. */

import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';

const SEALED = /^v1\./;

/**
 * A record's value with what is sealed in it made anew by `again`; `null` when nothing is sealed in it.
 *
 * @param again is given what it was sealed for, and the sealed text
 * @throws `EXPORT_INVALID` for a record that is none.
 */
export function resealed(
  account: AccountId,
  { kind, value }: { readonly kind: string; readonly value: string },
  again: (place: string, sealed: string) => string,
): string | null {
  const place = `${kind}:${account}`;
  if (kind === 'scram') return SEALED.test(value) ? again(place, value) : null;
  if (kind !== 'totp') return null;
  const stored = parse(value);
  if (typeof stored.sealed !== 'string') throw new EiderError('EXPORT_INVALID', 'a seed of one-time passwords is none');
  return JSON.stringify({ ...stored, sealed: again(place, stored.sealed) });
}

/** Of a file it may be anything. */
function parse(value: string): { readonly sealed?: unknown } {
  try {
    return Object(JSON.parse(value)) as { sealed?: unknown };
  } catch {
    return {};
  }
}
