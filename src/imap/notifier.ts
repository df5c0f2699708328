/** What a client wants to be told of by NOTIFY, and what it was told already. RFC 5465. */

import type { MailboxId, Uid } from '../model/ids.ts';
import { isBelow, type Mailbox, parentPath } from '../model/mailbox.ts';
import { isInFilter } from './filter-mailboxes.ts';
import type { FetchItem } from './wire/fetch-items.ts';
import { isOfSelected, type NotifyEvent, type NotifyGroup } from './wire/notify-args.ts';
import type { StatusItem } from './wire/status-items.ts';

/** What is told of the selected mailbox. */
export interface SelectedEvents {
  /** New messages, and those that went. */
  readonly counts: boolean;
  readonly flags: boolean;
  /** Messages that went are told when a command is answered only. RFC 5465 section 6.1.2. */
  readonly delayed: boolean;
  /** Of new messages. */
  readonly fetch: readonly FetchItem[];
}

/** The mailboxes and subscriptions of an account at one moment. */
export interface AccountNames {
  readonly mailboxes: readonly Mailbox[];
  readonly subscriptions: ReadonlySet<string>;
}

/** A name of which something is to be told. */
export interface NameNews {
  readonly path: string;
  /** It was renamed. */
  readonly oldPath: string | null;
}

/** Something to be told. */
export interface Notification {
  readonly names: readonly NameNews[];
  readonly statuses: readonly { readonly mailbox: Mailbox; readonly items: readonly StatusItem[] }[];
}

/** What a session enabled decides what its STATUS responses hold. */
export interface NotifyOptions {
  readonly condstore: boolean;
  readonly qresync: boolean;
  /** Told of by message instead. */
  readonly selected: MailboxId | null;
}

/** The wishes of one session. Compares the account's mailboxes with what they were when it was told last. */
export class Notifier {
  readonly selected: SelectedEvents;
  /** Messages that this session itself has brought: nobody needs to tell it. */
  readonly ownMessages: Map<MailboxId, Set<Uid>> = new Map();
  /** Names that this session itself has changed. */
  readonly #ownNames = new Set<string>();
  readonly #groups: readonly NotifyGroup[];
  #known: AccountNames;

  constructor(groups: readonly NotifyGroup[], known: AccountNames) {
    this.#groups = groups.filter(({ filter }) => !isOfSelected(filter));
    this.#known = known;
    const group = groups.find(({ filter }) => isOfSelected(filter));
    this.selected = {
      counts: group?.events.has('MessageNew') ?? false,
      flags: group?.events.has('FlagChange') ?? false,
      delayed: group?.filter.kind === 'selected-delayed',
      fetch: group?.fetch ?? [],
    };
  }

  /** Whether anything but the selected mailbox is of interest. */
  get watchesOthers(): boolean {
    return this.#groups.some(({ events }) => events.size > 0);
  }

  /** Whether a group asks for changes of annotations. */
  get watchesMetadata(): boolean {
    return this.#groups.some(({ events }) => events.has('MailboxMetadataChange') || events.has('ServerMetadataChange'));
  }

  /** Whether changes of annotations of a mailbox, or (`null`) of the server, are of interest. RFC 5465 sections 5.6, 5.7. */
  wantsMetadata(path: string | null): boolean {
    if (path !== null) return this.#wants('MailboxMetadataChange', path, this.#known);
    return this.#groups.some(({ events }) => events.has('ServerMetadataChange'));
  }

  /** Notes names that this session has changed. */
  own(...paths: readonly string[]): void {
    for (const path of paths) this.#ownNames.add(path);
  }

  /** Notes messages that this session has brought into a mailbox. */
  brought(mailbox: MailboxId, uids: Iterable<Uid>): void {
    const own = this.ownMessages.get(mailbox) ?? new Set();
    for (const uid of uids) own.add(uid);
    this.ownMessages.set(mailbox, own);
  }

  /** STATUS items for all mailboxes that are watched. RFC 5465 section 3.1. */
  statuses(options: NotifyOptions): Notification['statuses'] {
    return this.#known.mailboxes.flatMap((mailbox) => {
      const events = this.#eventsOf(mailbox.path);
      if (!events.has('MessageNew') || mailbox.id === options.selected) return [];
      const items: StatusItem[] = ['MESSAGES', 'UIDNEXT', 'UIDVALIDITY'];
      if (events.has('FlagChange')) items.push('HIGHESTMODSEQ');
      return [{ mailbox, items }];
    });
  }

  /** What is news compared with the last time. */
  compare(now: AccountNames, options: NotifyOptions): Notification {
    const before = this.#known;
    this.#known = now;
    const names = this.#names(before, now).filter(({ path }) => !this.#ownNames.has(path));
    this.#ownNames.clear();
    const old = new Map(before.mailboxes.map((mailbox) => [mailbox.id, mailbox]));
    const statuses = now.mailboxes.flatMap((mailbox) => {
      const items = mailbox.id === options.selected ? [] : this.#changed(old.get(mailbox.id), mailbox, options);
      return items.length > 0 ? [{ mailbox, items }] : [];
    });
    // Of the selected mailbox, the session itself forgets them when they were told.
    for (const id of this.ownMessages.keys()) if (id !== options.selected) this.ownMessages.delete(id);
    return { names, statuses };
  }

  #changed(old: Mailbox | undefined, mailbox: Mailbox, { condstore, qresync }: NotifyOptions): StatusItem[] {
    const events = this.#eventsOf(mailbox.path);
    if (!old || !events.has('MessageNew') || old.highestModSeq === mailbox.highestModSeq) return [];
    const own = this.ownMessages.get(mailbox.id)?.size ?? 0;
    const added = mailbox.uidNext - old.uidNext - own;
    const counts = added !== 0 || mailbox.messages !== old.messages + own;
    if (!counts && (own > 0 || !events.has('FlagChange'))) return [];
    const items: StatusItem[] = counts ? ['UIDNEXT', 'MESSAGES'] : ['UIDVALIDITY'];
    if (events.has('FlagChange') && mailbox.unseen !== old.unseen) items.push('UNSEEN');
    if (condstore || qresync) items.push('HIGHESTMODSEQ');
    return items.length > 1 ? items : [];
  }

  /** Names that came, went or changed, those they lie in, and those whose subscription changed. */
  #names(before: AccountNames, now: AccountNames): NameNews[] {
    const news = new Map<string, NameNews>();
    const tell = (event: NotifyEvent, path: string, oldPath: string | null): void => {
      if (!news.has(path) && this.#wants(event, path, now)) news.set(path, { path, oldPath });
    };
    for (const { path, oldPath } of namesChanged(before.mailboxes, now.mailboxes)) {
      tell('MailboxName', path, oldPath);
      const parent = parentPath(path);
      if (oldPath === null && parent !== null) tell('MailboxName', parent, null);
    }
    for (const path of before.subscriptions) if (!now.subscriptions.has(path)) tell('SubscriptionChange', path, null);
    for (const path of now.subscriptions) if (!before.subscriptions.has(path)) tell('SubscriptionChange', path, null);
    return [...news.values()];
  }

  #wants(event: NotifyEvent, path: string, { subscriptions }: AccountNames): boolean {
    return this.#groups.some(
      ({ filter, events }) => events.has(event) && isInFilter(filter, path, subscriptions.has(path)),
    );
  }

  #eventsOf(path: string): ReadonlySet<NotifyEvent> {
    const subscribed = this.#known.subscriptions.has(path);
    return new Set(
      this.#groups.flatMap(({ filter, events }) => (isInFilter(filter, path, subscribed) ? [...events] : [])),
    );
  }
}

/** RFC 5465 section 5.4: what moves along with the name above it is not told. */
function namesChanged(before: readonly Mailbox[], now: readonly Mailbox[]): NameNews[] {
  const old = new Map(before.map(({ id, path }) => [id, path]));
  const current = new Set(now.map(({ id }) => id));
  const renamed: NameNews[] = [];
  const news: NameNews[] = [];
  for (const { id, path } of now) {
    const oldPath = old.get(id);
    if (oldPath === undefined) news.push({ path, oldPath: null });
    else if (oldPath !== path) renamed.push({ path, oldPath });
  }
  const gone = before.filter(({ id }) => !current.has(id)).map(({ path }) => ({ path, oldPath: null }));
  return [...gone, ...renamed.filter((one) => !renamed.some((other) => movesAlong(one, other))), ...news];
}

function movesAlong({ path, oldPath }: NameNews, above: NameNews): boolean {
  if (oldPath === null || above.oldPath === null || !isBelow(oldPath, above.oldPath)) return false;
  return path === above.path + oldPath.slice(above.oldPath.length);
}
