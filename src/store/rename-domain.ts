/** Gives all addresses of a domain another one, account by account. */

import type { Engine } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import { splitAddress } from '../model/address.ts';
import { isPattern, parsePattern } from '../model/address-pattern.ts';
import type { ForwardingAddress, RenamedDomain } from '../model/addresses.ts';
import type { AccountId } from '../model/ids.ts';
import type { AccountAddresses } from './account-addresses.ts';
import type { AddressParts } from './address-parts.ts';
import type { DomainAliases } from './domain-aliases.ts';
import { requireDomain } from './domain-records.ts';
import type { ForwardingAddresses } from './forwarding-addresses.ts';

/** What it is done with. */
export interface RenameParts {
  readonly engine: Engine;
  readonly parts: AddressParts;
  readonly accounts: AccountAddresses;
  readonly forwardings: ForwardingAddresses;
  readonly aliases: DomainAliases;
}

interface Names {
  readonly from: string;
  readonly to: string;
}

/** @throws `DOMAIN_INVALID`, `ADDRESS_EXISTS`, and then perhaps only a part is renamed: another run goes on. */
export async function renameDomain(tools: RenameParts, fromText: string, toText: string): Promise<RenamedDomain> {
  const names = { from: requireDomain(fromText), to: requireDomain(toText) };
  const { from, to } = names;
  if (from === to) throw new EiderError('DOMAIN_INVALID', 'a domain is renamed to another one');
  const { domains, dots } = tools.parts;
  if ((await domains.alias(to)) !== null) throw new EiderError('DOMAIN_INVALID', `${to} is an alias`);
  await requireFree(tools, names);
  if ((await domains.dots(from)) === 'ignored') await dots.ignore(to);
  const renamed = (await renameAccounts(tools, names)) + (await renameForwardings(tools, names));
  for (const { alias } of await tools.aliases.list(from)) {
    await tools.aliases.remove(alias);
    await tools.aliases.create(alias, to);
  }
  return { renamed };
}

/** Told before anything is changed, rather than in the middle. */
async function requireFree({ engine, parts, accounts, forwardings }: RenameParts, names: Names): Promise<void> {
  const { from: domain } = names;
  for await (const { account, address } of accounts.all({ domain })) {
    const next = renamedAddress(address, names);
    if (isPattern(next)) await parts.patterns.requireFree(parsePattern(next), { account });
    else {
      const owner = await engine.directory.find(next);
      if (owner && owner.id !== account) throw taken(next);
      await parts.claims.requireFree(account, [next]);
    }
  }
  for await (const { address } of forwardings.list({ domain })) {
    const next = renamedAddress(address, names);
    const isTaken = isPattern(next)
      ? (await parts.patterns.holder(parsePattern(next))) !== null
      : (await engine.directory.find(next)) !== null;
    if (isTaken || (await forwardings.get(next))) throw taken(next);
  }
}

async function renameAccounts({ parts, accounts }: RenameParts, names: Names): Promise<number> {
  const renamed = new Map<AccountId, string[]>();
  let count = 0;
  for await (const { account, address } of accounts.all({ domain: names.from })) {
    renamed.set(account, [...(renamed.get(account) ?? []), address]);
    count++;
  }
  for (const [account, addresses] of renamed) {
    const exact = addresses.filter((address) => !isPattern(address));
    if (exact.length > 0) {
      await parts.claims.change(account, {
        added: exact.map((address) => renamedAddress(address, names)),
        apply: (current) => [...new Set(current.map((address) => renamedAddress(address, names)))],
      });
    }
    for (const address of addresses) await moveRecord(parts, account, address, names);
  }
  return count;
}

/** What is kept of an address; of a pattern also the way to it. */
async function moveRecord(parts: AddressParts, account: AccountId, address: string, names: Names): Promise<void> {
  const next = renamedAddress(address, names);
  if (isPattern(address)) await parts.patterns.hold(parsePattern(next), { account });
  const details = await parts.records.get(account, address);
  if (details) await parts.records.put(account, next, details);
  if (isPattern(address)) await parts.patterns.release(parsePattern(address), { account });
  await parts.records.remove(account, address);
}

async function renameForwardings({ forwardings }: RenameParts, names: Names): Promise<number> {
  const all: ForwardingAddress[] = [];
  for await (const forwarding of forwardings.list({ domain: names.from })) all.push(forwarding);
  for (const forwarding of all) {
    await forwardings.create(renamedAddress(forwarding.address, names), forwarding);
    await forwardings.remove(forwarding.address);
  }
  return all.length;
}

/** Addresses of other domains stay as they are. */
function renamedAddress(address: string, { from, to }: Names): string {
  const parts = splitAddress(address);
  return parts?.domain === from ? `${parts.localpart}@${to}` : address;
}

function taken(address: string): EiderError {
  return new EiderError('ADDRESS_EXISTS', `the address ${address} is taken`);
}
