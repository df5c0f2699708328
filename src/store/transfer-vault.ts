/** Copies the small records that an account owns, counters excepted. */

import type { OwnedVaultEntry, Vault } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import { requireGoing, type Transfer } from './transfer.ts';

/** Records read at once: one may have 64 KB. */
const PAGE = 100;
/** Rounds after which whoever changes records meanwhile has to be stopped. */
const ROUNDS = 10;
/** Stands for the version of a record that the source does not have. */
const ABSENT = 0;

interface Pair {
  readonly id: string;
  readonly source: OwnedVaultEntry | null;
  readonly target: OwnedVaultEntry | null;
}

/**
 * Compares both sides and copies what differs, until a round finds nothing: so it takes up what was cut off, and has
 * compared everything in the end. Its memory grows with the number of records, by some 100 octets each.
 *
 * @throws `BUSY` when the source changes all the time, `STORE_CORRUPT` when the target does not keep what it was given.
 */
export async function copyVault(transfer: Transfer): Promise<void> {
  let last: ReadonlyMap<string, number> = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    const copied = await copyDifferences(transfer, last);
    if (copied.size === 0) return;
    last = copied;
  }
  throw new EiderError('BUSY', 'small records of the account change all the time: stop who writes to them');
}

/** One round; resolves with the source's versions of what it has copied. `last` is that of the round before. */
async function copyDifferences(
  transfer: Transfer,
  last: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  const { from, to, account } = transfer;
  const copied = new Map<string, number>();
  const writes: Promise<unknown>[] = [];
  for await (const { id, source, target } of pairs(from.engine.vault, to.engine.vault, account)) {
    requireGoing(transfer);
    const one = (source ?? target) as OwnedVaultEntry;
    const isSame = source?.value === target?.value && source?.expires === target?.expires;
    // What expires meanwhile may be on the one side and not on the other.
    if (isSame || (one.expires !== null && one.expires <= Date.now())) continue;
    const version = source?.version ?? ABSENT;
    if (last.get(id) === version) {
      throw new EiderError('STORE_CORRUPT', `the target did not keep a small record: ${one.kind} ${one.key}`);
    }
    copied.set(id, version);
    const place = { owner: account, kind: one.kind, key: one.key };
    writes.push(source ? to.engine.vault.put(place, source) : to.engine.vault.take(place));
    if (writes.length === PAGE) await Promise.all(writes.splice(0));
  }
  await Promise.all(writes);
  return copied;
}

/** The records of both sides, by kind and key. */
async function* pairs(from: Vault, to: Vault, owner: string): AsyncGenerator<Pair, void, undefined> {
  const sources = entries(from, owner);
  const targets = entries(to, owner);
  let source = (await sources.next()).value;
  let target = (await targets.next()).value;
  while (source || target) {
    const order = !source ? 1 : !target ? -1 : Buffer.compare(idOf(source), idOf(target));
    const pair = { source: order <= 0 ? (source ?? null) : null, target: order >= 0 ? (target ?? null) : null };
    yield { id: idOf((pair.source ?? pair.target) as OwnedVaultEntry).toString(), ...pair };
    if (pair.source) source = (await sources.next()).value;
    if (pair.target) target = (await targets.next()).value;
  }
}

async function* entries(vault: Vault, owner: string): AsyncGenerator<OwnedVaultEntry, undefined, undefined> {
  for (let after: OwnedVaultEntry | undefined; ; ) {
    const page: OwnedVaultEntry[] = await vault.all(owner, { ...(after && { after }), limit: PAGE });
    yield* page;
    after = page.at(-1);
    if (!after) return undefined;
  }
}

/** Orders as the engine does; neither part has a tab. */
function idOf({ kind, key }: OwnedVaultEntry): Buffer {
  return Buffer.from(`${kind}\t${key}`);
}
