/** Filters in the records of accounts. */

import { DELIVERY_KIND } from '../crypto/encryption-state.ts';
import type { Vault, VaultEntry } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import {
  type Filter,
  type FilterActions,
  type FilterApplyOptions,
  type FilterApplyResult,
  type FilterDryRun,
  type FilterDryRunOptions,
  type FilterOptions,
  type FilterPatch,
  type Filters,
  MAX_FILTERS,
  MAX_FILTERS_OCTETS,
} from '../model/filter.ts';
import { type AccountId, type MailboxId, newId } from '../model/ids.ts';
import type { JobKind } from '../model/job.ts';
import type { Mailbox, MailboxRef } from '../model/mailbox.ts';
import type { MessageStore } from '../store/message-store.ts';
import { type ApplyFilterState, applyFilterJob } from './filter-apply.ts';
import { dryRunFilter } from './filter-dry-run.ts';
import {
  FILTER_ORDER_KEY,
  type FilterDraft,
  filterIdOf,
  filterKey,
  filterValue,
  patchFilter,
  readFilter,
  readFilterOptions,
  readFilterOrder,
  readFilters,
} from './filter-record.ts';
import type { SpamTrust } from './spam-verdict.ts';

const TRIES = 20;
/** All records that a delivery looks at. */
const ALL = 1_000;

/** What filters work with. */
export interface FiltersContext {
  readonly vault: Vault;
  readonly store: MessageStore;
  /** How many filters an account may have; `null` for as many as there can be. */
  limitOf(account: AccountId): Promise<number | null>;
  readonly trust: SpamTrust;
}

/** The filters of all accounts. */
export class StoreFilters implements Filters {
  readonly #context: FiltersContext;

  constructor(context: FiltersContext) {
    this.#context = context;
  }

  /** The job that applies a filter; see {@link applyFilterJob}. */
  get job(): JobKind {
    const { store, trust } = this.#context;
    return applyFilterJob({ store, trust, filters: this });
  }

  async list(account: AccountId): Promise<Filter[]> {
    return [...readFilters(await this.#entries(account)).filters];
  }

  async get(account: AccountId, id: string): Promise<Filter | null> {
    const entry = await this.#entry(account, id);
    return entry && readFilter(id, entry);
  }

  async create(account: AccountId, options: FilterOptions): Promise<Filter> {
    const draft = readFilterOptions(options);
    const mailboxes = await this.#context.store.mailboxes(account);
    const entries = await this.#entries(account);
    const { filters } = readFilters(entries);
    // Later than all others, whatever the clock says: the order goes by it.
    const created = Math.max(Date.now(), ...filters.map((filter) => filter.created + 1));
    const filter: Filter = { id: newId(), ...withIds(draft, mailboxes), created };
    const value = filterValue(filter);
    const place = placeOf(account, filterKey(filter.id) as string);
    const most = Math.min((await this.#context.limitOf(account)) ?? MAX_FILTERS, MAX_FILTERS);
    requireRoom([...entries, { key: place.key, value }], most);
    if (!(await this.#context.vault.create(place, { value }))) throw busy();
    try {
      // Others may have added some since: rather none of them than one too many.
      requireRoom(await this.#entries(account), most);
    } catch (error) {
      await this.#context.vault.take(place);
      throw error;
    }
    return filter;
  }

  async update(account: AccountId, id: string, patch: FilterPatch): Promise<Filter | null> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const entry = await this.#entry(account, id);
      const before = entry && readFilter(id, entry);
      if (!entry || !before) return null;
      const draft = patchFilter(before, patch);
      const mailboxes = await this.#context.store.mailboxes(account);
      const filter: Filter = { ...before, ...withIds(draft, mailboxes, before.actions) };
      const value = filterValue(filter);
      requireOctets([...(await this.#entries(account)).filter(({ key }) => key !== entry.key), { ...entry, value }]);
      if (await this.#context.vault.update(placeOf(account, entry.key), entry.version, { value })) return filter;
    }
    throw busy();
  }

  async reorder(account: AccountId, ids: readonly string[]): Promise<void> {
    if (new Set(ids).size < ids.length) throw new EiderError('FILTER_INVALID', 'an id is named twice');
    const place = placeOf(account, FILTER_ORDER_KEY);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const entries = await this.#entries(account);
      const { filters } = readFilters(entries);
      const there = filters.map(({ id }) => id);
      const strange = ids.find((id) => !there.includes(id));
      if (strange !== undefined) throw noFilter();
      const before = entries.find(({ key }) => key === FILTER_ORDER_KEY) ?? null;
      const known = new Set(ids);
      const rest = readFilterOrder(before).filter((id) => there.includes(id) && !known.has(id));
      const content = { value: JSON.stringify([...ids, ...rest]) };
      const isDone = before
        ? await this.#context.vault.update(place, before.version, content)
        : await this.#context.vault.create(place, content);
      if (isDone) return;
    }
    throw busy();
  }

  async remove(account: AccountId, id: string): Promise<boolean> {
    const key = filterKey(id);
    return key !== null && (await this.#context.vault.take(placeOf(account, key))) !== null;
  }

  async dryRun(
    account: AccountId,
    filter: string | FilterOptions,
    options: FilterDryRunOptions = {},
  ): Promise<FilterDryRun> {
    const asked = typeof filter === 'string' ? await this.get(account, filter) : await this.#draft(account, filter);
    if (!asked) throw noFilter();
    const { store, trust } = this.#context;
    return dryRunFilter({ store, account, trust }, asked, options);
  }

  async apply(account: AccountId, id: string, options: FilterApplyOptions = {}): Promise<FilterApplyResult> {
    const { mailbox = 'INBOX', signal = new AbortController().signal, onProgress } = options;
    const { id: mailboxId } = await this.#context.store.mailbox(account, mailbox);
    let result: FilterApplyResult = { examined: 0, matched: 0 };
    await this.job.run({
      account,
      params: { filter: id, mailbox: mailboxId },
      state: null,
      signal,
      progress: async (done, total, state) => {
        const { examined, matched } = state as ApplyFilterState;
        result = { examined, matched };
        onProgress?.(done, total ?? done);
      },
    });
    return result;
  }

  async #draft(account: AccountId, options: FilterOptions): Promise<Filter> {
    const draft = withIds(readFilterOptions(options), await this.#context.store.mailboxes(account));
    return { id: '', ...draft, created: 0 };
  }

  #entries(account: AccountId): Promise<VaultEntry[]> {
    return this.#context.vault.list({ owner: account, kind: DELIVERY_KIND }, { limit: ALL });
  }

  async #entry(account: AccountId, id: string): Promise<VaultEntry | null> {
    const key = filterKey(id);
    return key === null ? null : this.#context.vault.get(placeOf(account, key));
  }
}

function requireRoom(entries: readonly Pick<VaultEntry, 'key' | 'value'>[], most: number): void {
  if (entries.filter(({ key }) => filterIdOf(key) !== null).length > most) {
    throw new EiderError('LIMIT_EXCEEDED', `the account may have ${most} filters`);
  }
  requireOctets(entries);
}

function requireOctets(entries: readonly Pick<VaultEntry, 'key' | 'value'>[]): void {
  const octets = entries.map(({ key, value }) => (filterIdOf(key) === null ? 0 : Buffer.byteLength(value)));
  if (octets.reduce((sum, one) => sum + one, 0) > MAX_FILTERS_OCTETS) {
    throw new EiderError('LIMIT_EXCEEDED', `the filters of an account have at most ${MAX_FILTERS_OCTETS} octets`);
  }
}

function placeOf(account: AccountId, key: string): { owner: AccountId; kind: string; key: string } {
  return { owner: account, kind: DELIVERY_KIND, key };
}

/** Names mailboxes by id. Those that the filter had before need not be there any more. @throws `MAILBOX_NOT_FOUND`. */
function withIds(
  draft: FilterDraft,
  mailboxes: readonly Mailbox[],
  before: FilterActions = {},
): Omit<Filter, 'id' | 'created'> {
  const had = new Set([...(before.mailbox === undefined ? [] : [before.mailbox]), ...(before.labels ?? [])]);
  const idOf = (ref: MailboxRef): MailboxId => {
    const found = mailboxes.find(({ id, path }) => ref === id || ref === path);
    if (found) return found.id;
    if (typeof ref === 'number' && had.has(ref)) return ref;
    throw new EiderError('MAILBOX_NOT_FOUND', `no such mailbox: ${ref}`);
  };
  const { mailbox, labels, ...actions } = draft.actions;
  return {
    ...draft,
    actions: {
      ...(mailbox !== undefined && { mailbox: idOf(mailbox) }),
      ...(labels !== undefined && { labels: [...new Set(labels.map(idOf))] }),
      ...actions,
    },
  };
}

function noFilter(): EiderError {
  return new EiderError('FILTER_INVALID', 'there is no filter of that id');
}

function busy(): EiderError {
  return new EiderError('BUSY', 'the filters are being changed by others');
}
