/** LIST and LSUB. RFC 9051 section 6.3.9, RFC 3501 section 6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 9590. */

import type { CommandHandler } from '../command.ts';
import {
  type ListEntry,
  listMailboxes,
  listSubscriptions,
  QUOTED_DELIMITER,
  withoutHidden,
} from '../list-mailboxes.ts';
import { MetadataResponses } from '../metadata-response.ts';
import type { Session } from '../session.ts';
import { noteStatusItems, statusResponse } from '../status-response.ts';
import { type ListArguments, parseList, parseLsub } from '../wire/list-args.ts';
import { formatMailbox } from '../wire/write-string.ts';

/** Lists mailboxes. */
export const list: CommandHandler = {
  name: 'LIST',
  state: 'authenticated',
  async run(session, { scanner }) {
    const args = parseList(scanner);
    if (asksForDelimiter(args)) {
      session.out.write(`* LIST (\\Noselect) ${QUOTED_DELIMITER} ""\r\n`);
      return { text: 'Listed' };
    }
    const account = session.accountId;
    const { metadata } = args.returns;
    const annotated = metadata && new MetadataResponses(session, metadata);
    const [mailboxes, subscriptions, annotations] = await Promise.all([
      session.store.mailboxes(account),
      usesSubscriptions(args) ? session.store.subscriptions(account) : [],
      metadata && session.store.mailboxAnnotations(account, metadata),
    ]);
    if (args.returns.status) noteStatusItems(session, args.returns.status);
    for (const entry of listMailboxes(withoutHidden(mailboxes, subscriptions), args)) {
      session.out.write(listResponse(session, entry, args));
      const { status } = args.returns;
      // RFC 5819 section 2: a STATUS follows for each mailbox that can be selected.
      if (status && entry.mailbox) session.out.write(await statusResponse(session, entry.mailbox, status));
      // RFC 9590 section 3: and a METADATA.
      if (entry.mailbox) await annotated?.write(entry.path, annotations?.get(entry.mailbox.id) ?? []);
      if (session.out.full) await session.out.drain();
    }
    return { text: 'Listed', code: annotated?.code ?? null };
  },
};

/** Lists subscriptions. */
export const lsub: CommandHandler = {
  name: 'LSUB',
  state: 'authenticated',
  async run(session, { scanner }) {
    const args = parseLsub(scanner);
    if (asksForDelimiter(args)) {
      session.out.write(`* LSUB (\\Noselect) ${QUOTED_DELIMITER} ""\r\n`);
      return { text: 'Listed' };
    }
    const [mailboxes, all] = await Promise.all([
      session.store.mailboxes(session.accountId),
      session.store.subscriptions(session.accountId),
    ]);
    const { subscriptions } = withoutHidden(mailboxes, all);
    for (const { path, noSelect } of listSubscriptions(subscriptions, args)) {
      const attributes = noSelect ? '\\Noselect' : '';
      session.out.write(`* LSUB (${attributes}) ${QUOTED_DELIMITER} ${formatMailbox(path, session.utf8)}\r\n`);
    }
    return { text: 'Listed' };
  },
};

function asksForDelimiter({ extended, patterns }: ListArguments): boolean {
  return !extended && patterns.length === 1 && patterns[0] === '';
}

function usesSubscriptions({ selection, returns }: ListArguments): boolean {
  return selection.subscribed || returns.subscribed;
}

function listResponse(session: Session, entry: ListEntry, args: ListArguments): string {
  const attributes: string[] = [];
  if (!entry.mailbox) attributes.push(args.extended || session.rev2 ? '\\NonExistent' : '\\Noselect');
  attributes.push(entry.hasChildren ? '\\HasChildren' : '\\HasNoChildren');
  if (entry.subscribed) attributes.push('\\Subscribed');
  if (entry.mailbox?.specialUse) attributes.push(entry.mailbox.specialUse);
  const name = formatMailbox(entry.path, session.utf8);
  const childInfo = entry.childInfo ? ` ("CHILDINFO" (${selectionNames(args)}))` : '';
  return `* LIST (${attributes.join(' ')}) ${QUOTED_DELIMITER} ${name}${childInfo}\r\n`;
}

function selectionNames({ selection }: ListArguments): string {
  const names: string[] = [];
  if (selection.subscribed) names.push('"SUBSCRIBED"');
  if (selection.specialUse) names.push('"SPECIAL-USE"');
  return names.join(' ');
}
