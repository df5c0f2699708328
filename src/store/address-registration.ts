/** What leads to an account beside its names in the directory: asked for before it comes in or back, and made then. */

import type { AccountRecord, Engine } from '../engine/engine.ts';
import { parsePattern } from '../model/address-pattern.ts';
import { addressParts } from './address-parts.ts';

/** Told before anything is done. @throws `ADDRESS_EXISTS` when somebody else has one of its addresses or patterns. */
export async function requireAddressesFree(
  engine: Engine,
  record: AccountRecord,
  patterns: readonly string[],
): Promise<void> {
  const { claims, patterns: held } = addressParts(engine);
  await claims.requireFree(record.id, [record.name, ...record.addresses]);
  for (const pattern of patterns) await held.requireFree(parsePattern(pattern), { account: record.id });
}

/**
 * Makes what leads to an account, of what it has itself, and so may be done again.
 *
 * @throws `ADDRESS_EXISTS` when somebody else was faster; the account is there then, and that does not lead to it.
 */
export async function registerAddresses(engine: Engine, { id, name, addresses }: AccountRecord): Promise<void> {
  const { claims, patterns, records } = addressParts(engine);
  await claims.settle(id, [name, ...addresses]);
  for (const pattern of await records.patterns(id)) await patterns.hold(parsePattern(pattern), { account: id });
}

/** Patterns that an account has by its own records. */
export function patternsOf(engine: Engine, { id }: AccountRecord): Promise<string[]> {
  return addressParts(engine).records.patterns(id);
}
