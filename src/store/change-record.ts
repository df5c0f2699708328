/** Changes a small record that others may be changing at the same time. */

import type { Vault, VaultPlace } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';

const TRIES = 100;

/**
 * Puts what `change` makes of a record, or of none (`null`); when it makes `null`, all stays as it is. `change` is
 * called again when others were faster.
 *
 * @throws `BUSY` when others never let it.
 */
export async function changeRecord<T>(
  vault: Vault,
  place: VaultPlace,
  change: (before: T | null) => T | null,
): Promise<T | null> {
  for (let left = TRIES; left > 0; left--) {
    const entry = await vault.get(place);
    const after = change(entry && (JSON.parse(entry.value) as T));
    if (after === null) return null;
    const content = { value: JSON.stringify(after) };
    const done = entry ? await vault.update(place, entry.version, content) : await vault.create(place, content);
    if (done) return after;
  }
  throw new EiderError('BUSY', 'the record is being changed by others');
}
