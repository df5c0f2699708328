/** How much of something an account may do in a day, counted by all processes together. */

import type { Vault } from '../engine/vault.ts';
import type { AccountId } from '../model/ids.ts';

const DAY = 86_400_000;
const KIND = 'daily';

/**
 * Takes `amount` of what is left of a day's `limit`; `false`, and nothing was taken, when that is less. A day begins
 * with the first that is taken. Of several that come at the same time near the limit, more may be refused than had to
 * be, and never too few.
 *
 * @param account or another owner, such as a forwarding address
 * @param what such as `forwards`; at most 256 characters
 * @param amount a whole number, 0 or more
 * @param limit `Infinity` for none
 * @param now milliseconds since 1970
 */
export async function takeDaily(
  vault: Vault,
  account: AccountId,
  what: string,
  amount: number,
  limit: number,
  now: number,
): Promise<boolean> {
  if (amount === 0 || limit === Number.POSITIVE_INFINITY) return true;
  if (amount > limit) return false;
  const place = { owner: account, kind: KIND, key: what };
  const expires = Math.floor(now) + DAY;
  const { count } = await vault.count(place, amount, expires);
  if (count <= limit) return true;
  await vault.count(place, -amount, expires);
  return false;
}
