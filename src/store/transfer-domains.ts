/**
 * Copies what belongs to no account: domain aliases, domains in which dots do not count, addresses that only forward,
 * domains that are allowed or blocked, limits of all accounts.
 */

import { type ErrorCode, isEiderError } from '../errors.ts';
import type { ForwardingAddress } from '../model/addresses.ts';
import type { StoreContext } from './context.ts';
import { StoreDomainAccess } from './domain-access.ts';
import { StoreAddresses } from './store-addresses.ts';

/** What became of it. */
export interface DomainTransferResult {
  /** How many aliases, settings, forwarding addresses and rules the target has now that it has not had before. */
  readonly copied: number;
  /** What the target has given to others, or has otherwise; for people. */
  readonly refused: readonly string[];
}

const REFUSALS: readonly ErrorCode[] = ['ADDRESS_EXISTS', 'DOMAIN_INVALID', 'LIMIT_EXCEEDED'];

/** May be done again: what the target has already is left as it is. */
export async function transferDomains(from: StoreContext, to: StoreContext): Promise<DomainTransferResult> {
  const [source, target] = [addressesOf(from), addressesOf(to)];
  const refused: string[] = [];
  let copied = 0;
  const copy = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
      copied++;
    } catch (error) {
      if (!isEiderError(error, ...REFUSALS)) throw error;
      refused.push(`${what}: ${error.message}`);
    }
  };
  for (const { alias, domain } of await source.domainAliases()) {
    if ((await target.domainAlias(alias)) === domain) continue;
    await copy(`alias ${alias} of ${domain}`, () => target.createDomainAlias(alias, domain));
  }
  for await (const domain of source.domains()) {
    if (!(await source.ignoresDots(domain)) || (await target.ignoresDots(domain))) continue;
    await copy(`dots of ${domain}`, () => target.ignoreDots(domain, true));
  }
  for await (const forwarding of source.forwardingAddresses()) {
    if (isSame(await target.forwardingAddress(forwarding.address), forwarding)) continue;
    await copy(`forwarding address ${forwarding.address}`, () =>
      target.createForwardingAddress(forwarding.address, forwarding),
    );
  }
  const access = new StoreDomainAccess(to.engine.vault);
  for await (const { id, tag, domain, action } of new StoreDomainAccess(from.engine.vault).all()) {
    if (await access.get(id)) continue;
    await copy(`${action} ${domain} for ${tag}`, () => access.set(tag, domain, action));
  }
  for (const [name, limit] of Object.entries(await from.defaultLimits.stored())) {
    if (Object.hasOwn(await to.defaultLimits.stored(), name)) continue;
    await copy(`default limit ${name}`, () => to.defaultLimits.set({ [name]: limit }));
  }
  return { copied, refused };
}

/** No mail is asked for, so no account has to be made whole. */
function addressesOf({ engine }: StoreContext): StoreAddresses {
  return new StoreAddresses(engine, async (record) => record);
}

function isSame(there: ForwardingAddress | null, forwarding: ForwardingAddress): boolean {
  return JSON.stringify(there) === JSON.stringify(forwarding);
}
