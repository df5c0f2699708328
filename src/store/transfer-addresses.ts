/** What leads to an account beside its names in the directory: asked for before it is copied, and made again in the target. */

import type { AccountRecord } from '../engine/engine.ts';
import { parsePattern } from '../model/address-pattern.ts';
import { addressParts } from './address-parts.ts';
import type { Transfer } from './transfer.ts';

/** @throws `ADDRESS_EXISTS` when the target has given one of its addresses or patterns to somebody else. */
export async function requireAddressesFree({ from, to, account }: Transfer, record: AccountRecord): Promise<void> {
  const { claims, patterns } = addressParts(to.engine);
  await claims.requireFree(account, [record.name, ...record.addresses]);
  for (const pattern of await addressParts(from.engine).records.patterns(account)) {
    await patterns.requireFree(parsePattern(pattern), { account });
  }
}

/**
 * Makes what leads to the account of what it has itself, and so may be done again.
 *
 * @throws `ADDRESS_EXISTS` when somebody else of the target was faster; the account is there then, and that does not
 *   lead to it.
 */
export async function registerAddresses({ to, account }: Transfer, record: AccountRecord): Promise<void> {
  const { claims, patterns, records } = addressParts(to.engine);
  await claims.settle(account, [record.name, ...record.addresses]);
  for (const pattern of await records.patterns(account)) await patterns.hold(parsePattern(pattern), { account });
}
