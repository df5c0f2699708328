/** Reads all small records of a kind. */

import type { Vault, VaultEntry, VaultPlace } from './vault.ts';

const PAGE = 500;

/** All of one owner and kind, ascending by key, some at a time. */
export async function* vaultEntries(
  vault: Vault,
  place: Omit<VaultPlace, 'key'>,
  page: number = PAGE,
): AsyncGenerator<VaultEntry, void, undefined> {
  for (let after: string | undefined; ; ) {
    const found = await vault.list(place, { limit: page, ...(after !== undefined && { after }) });
    yield* found;
    after = found.at(-1)?.key;
    if (found.length < page) return;
  }
}
