/** A page of all accounts, of those that match. */

import type { Account } from '../../model/account.ts';
import type { AccountId } from '../../model/ids.ts';
import type { MessageStore } from '../../store/message-store.ts';
import type { Page, PagePlace } from '../paging.ts';

/** What accounts are wanted. */
export interface UserFilter {
  readonly query?: string | undefined;
  readonly forward?: string | undefined;
  readonly tags?: string | undefined;
  readonly requiredTags?: string | undefined;
  readonly limit: number;
}

/**
 * A page in the order of ids, and how many match in all. Looks at every account of the store, as the count needs it;
 * keeps no more of them than the page has.
 *
 * @param only the one account that may be told of; `null` for all
 */
export async function pageOfUsers(
  store: MessageStore,
  filter: UserFilter,
  place: PagePlace<string>,
  only: AccountId | null,
): Promise<{ page: Page<Account, string>; total: number }> {
  let entries: Account[] = [];
  let total = 0;
  let [before, after] = [0, 0];
  for await (const account of only === null ? store.accounts.list() : [await store.accounts.get(only)]) {
    if (!(await matches(store, account, filter))) continue;
    total++;
    if (place.after !== undefined && account.id <= place.after) before++;
    else if (place.before !== undefined) {
      if (account.id >= place.before) after++;
      else entries.push(account);
      // Those just before the place are wanted.
      if (entries.length > filter.limit) {
        entries = entries.slice(1);
        before++;
      }
    } else if (entries.length < filter.limit) entries.push(account);
    else after++;
  }
  const [first, last] = [entries[0], entries.at(-1)];
  return {
    total,
    page: {
      entries,
      first: before > 0 && first ? first.id : null,
      last: after > 0 && last ? last.id : null,
    },
  };
}

async function matches(store: MessageStore, { id, name, addresses }: Account, filter: UserFilter): Promise<boolean> {
  const query = filter.query?.toLowerCase().normalize('NFC');
  if (query !== undefined && ![name, ...addresses].some((text) => text.toLowerCase().includes(query))) return false;
  if (filter.forward !== undefined) {
    const wanted = filter.forward.toLowerCase();
    const { targets } = (await store.forwardings.get(id)) ?? { targets: [] };
    if (!targets.some((target) => target.toLowerCase().includes(wanted))) return false;
  }
  const [some, all] = [listOf(filter.tags), listOf(filter.requiredTags)];
  if (some.length === 0 && all.length === 0) return true;
  const tags = (await store.profiles.get(id)).tags.map((tag) => tag.toLowerCase());
  return all.every((tag) => tags.includes(tag)) && (some.length === 0 || some.some((tag) => tags.includes(tag)));
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((tag) => tag.trim().toLowerCase())
    .filter((tag) => tag !== '');
}
