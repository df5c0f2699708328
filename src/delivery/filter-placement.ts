/** Where a message goes, when all that decides it is known. */

import type { Filter, FilterOutcome } from '../model/filter.ts';
import type { MailboxId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import type { SpamJudgement } from '../model/spam.ts';

/** The mailboxes of a message. */
export interface Placement {
  readonly mailbox: MailboxId;
  /** More mailboxes, without the first. */
  readonly labels: readonly MailboxId[];
}

/** A mailbox that a filter names and that is there no more. */
export interface MissingMailbox {
  readonly filter: string;
  readonly mailbox: MailboxId;
}

/**
 * The mailbox that a filter names, or else Junk for what is junk, or else INBOX; INBOX too where that one is there no
 * more. What goes to a mailbox of special use `\Junk` or `\Trash`, by label or otherwise, goes there alone.
 *
 * @param mailboxes all of the account
 */
export function placeMessage(
  outcome: Pick<FilterOutcome, 'mailbox' | 'labels'>,
  { junk }: Pick<SpamJudgement, 'junk'>,
  mailboxes: readonly Mailbox[],
): Placement {
  const byId = new Map(mailboxes.map((mailbox) => [mailbox.id, mailbox]));
  const inbox = mailboxes.find(({ path }) => path === 'INBOX');
  const junkMailbox = junk ? mailboxes.find(({ specialUse }) => specialUse === '\\Junk') : undefined;
  const chosen = outcome.mailbox === null ? junkMailbox : byId.get(outcome.mailbox);
  const first = chosen ?? (inbox as Mailbox);
  const labels = outcome.labels.flatMap((id) => byId.get(id) ?? []).filter(({ id }) => id !== first.id);
  const alone = [first, ...labels].find(({ specialUse }) => specialUse === '\\Junk' || specialUse === '\\Trash');
  if (alone) return { mailbox: alone.id, labels: [] };
  return { mailbox: first.id, labels: labels.map(({ id }) => id) };
}

/** Mailboxes that filters name and that are there no more. */
export function missingMailboxes(filters: readonly Filter[], mailboxes: readonly Mailbox[]): MissingMailbox[] {
  const there = new Set(mailboxes.map(({ id }) => id));
  return filters.flatMap(({ id, actions: { mailbox, labels = [] } }) =>
    [...new Set([...(mailbox === undefined ? [] : [mailbox]), ...labels])]
      .filter((one) => !there.has(one))
      .map((one) => ({ filter: id, mailbox: one })),
  );
}
