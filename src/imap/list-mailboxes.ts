/** Which mailbox names a LIST returns, and what is said of each. RFC 9051 section 6.3.9, RFC 5258. */

import { HIERARCHY_DELIMITER, type Mailbox, parentPath } from '../model/mailbox.ts';
import type { ListArguments } from './wire/list-args.ts';
import { listPatterns } from './wire/list-args.ts';
import type { MailboxPattern } from './wire/mailbox-pattern.ts';

/** One LIST response. */
export interface ListEntry {
  readonly path: string;
  /** `null`: there is no such mailbox. */
  readonly mailbox: Mailbox | null;
  readonly subscribed: boolean;
  readonly hasChildren: boolean;
  /** Selected by a descendant: CHILDINFO. */
  readonly childInfo: boolean;
}

/** The names of an account. */
export interface MailboxNames {
  /** INBOX first, then by path. */
  readonly mailboxes: readonly Mailbox[];
  readonly subscriptions: readonly string[];
}

/** What LIST returns, mailboxes first in the store's order, then names without a mailbox. */
export function listMailboxes(names: MailboxNames, args: ListArguments): ListEntry[] {
  const patterns = listPatterns(args);
  const matches = (path: string): boolean => patterns.some((pattern) => pattern.matches(path));
  const mailboxes = new Map(names.mailboxes.map((mailbox) => [mailbox.path, mailbox]));
  const subscribed = new Set(names.subscriptions);
  const parents = ancestorsOf(mailboxes.keys());
  const selected = selectedPaths(names, args, mailboxes);
  const found = selected.filter(matches);
  const children = args.selection.recursiveMatch ? ancestorsOf(selected) : new Set<string>();
  const extra = args.selection.recursiveMatch
    ? recursiveMatches(selected, new Set(found), matches)
    : args.selection.subscribed || args.selection.specialUse
      ? []
      : [...parents].filter((path) => !mailboxes.has(path) && endsAtLevel(path, patterns));
  return [...found, ...extra].map((path) => ({
    path,
    mailbox: mailboxes.get(path) ?? null,
    subscribed: subscribed.has(path),
    hasChildren: parents.has(path),
    childInfo: children.has(path),
  }));
}

/** What LSUB returns: subscribed names; the level above one that a final `%` hides is told by `\Noselect`. RFC 3501 section 6.3.9. */
export function listSubscriptions(
  subscriptions: readonly string[],
  args: ListArguments,
): readonly { readonly path: string; readonly noSelect: boolean }[] {
  const patterns = listPatterns(args);
  const found = subscriptions.filter((path) => patterns.some((pattern) => pattern.matches(path)));
  const known = new Set(found);
  const levels = [...ancestorsOf(subscriptions)].filter((path) => !known.has(path) && endsAtLevel(path, patterns));
  return [...found.map((path) => ({ path, noSelect: false })), ...levels.map((path) => ({ path, noSelect: true }))];
}

function selectedPaths(names: MailboxNames, { selection }: ListArguments, mailboxes: Map<string, Mailbox>): string[] {
  const paths = selection.subscribed ? [...names.subscriptions] : [...mailboxes.keys()];
  return selection.specialUse ? paths.filter((path) => mailboxes.get(path)?.specialUse) : paths;
}

/** RFC 5258 section 3.5: a name that is returned for a descendant only, and only when that one is not returned itself. */
function recursiveMatches(
  selected: readonly string[],
  found: ReadonlySet<string>,
  matches: (path: string) => boolean,
): string[] {
  const hidden = selected.filter((path) => !found.has(path));
  return [...ancestorsOf(hidden)].filter((path) => !found.has(path) && matches(path));
}

/** RFC 9051 section 6.3.9: a level of hierarchy that is no mailbox is returned for a pattern that ends in `%`. */
function endsAtLevel(path: string, patterns: readonly MailboxPattern[]): boolean {
  return patterns.some((pattern) => pattern.pattern.endsWith('%') && pattern.matches(path));
}

function ancestorsOf(paths: Iterable<string>): Set<string> {
  const ancestors = new Set<string>();
  for (const path of paths) {
    for (let parent = parentPath(path); parent !== null && !ancestors.has(parent); parent = parentPath(parent)) {
      ancestors.add(parent);
    }
  }
  return ancestors;
}

/** The delimiter as responses quote it. */
export const QUOTED_DELIMITER: string = `"${HIERARCHY_DELIMITER}"`;

/** The same names without mailboxes that mail clients are not told of; they can be opened all the same. */
export function withoutHidden(mailboxes: readonly Mailbox[], subscriptions: readonly string[]): MailboxNames {
  const hidden = new Set(mailboxes.filter((mailbox) => mailbox.hidden).map(({ path }) => path));
  if (hidden.size === 0) return { mailboxes, subscriptions };
  return {
    mailboxes: mailboxes.filter(({ path }) => !hidden.has(path)),
    subscriptions: subscriptions.filter((path) => !hidden.has(path)),
  };
}
