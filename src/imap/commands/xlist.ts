/** XLIST: LIST with Gmail's names of special uses, as it was before RFC 6154. */

import type { SpecialUse } from '../../model/mailbox.ts';
import type { CommandHandler } from '../command.ts';
import { type ListEntry, listMailboxes, QUOTED_DELIMITER, withoutHidden } from '../list-mailboxes.ts';
import { parseLsub } from '../wire/list-args.ts';
import { formatMailbox } from '../wire/write-string.ts';

const ATTRIBUTES: Readonly<Record<SpecialUse, string>> = {
  '\\All': '\\AllMail',
  '\\Archive': '\\Archive',
  '\\Drafts': '\\Drafts',
  '\\Flagged': '\\Starred',
  '\\Important': '\\Important',
  '\\Junk': '\\Spam',
  '\\Sent': '\\Sent',
  '\\Trash': '\\Trash',
};

/** Lists mailboxes. */
export const xlist: CommandHandler = {
  name: 'XLIST',
  state: 'authenticated',
  async run(session, { scanner }) {
    const args = parseLsub(scanner);
    if (args.patterns[0] === '') {
      session.out.write(`* XLIST (\\Noselect) ${QUOTED_DELIMITER} ""\r\n`);
      return { text: 'Listed' };
    }
    const all = { ...args, selection: { ...args.selection, subscribed: false } };
    const mailboxes = await session.store.mailboxes(session.accountId);
    for (const entry of listMailboxes(withoutHidden(mailboxes, []), all)) {
      const name = formatMailbox(entry.path, session.utf8);
      session.out.write(`* XLIST (${attributesOf(entry).join(' ')}) ${QUOTED_DELIMITER} ${name}\r\n`);
      if (session.out.full) await session.out.drain();
    }
    return { text: 'Listed' };
  },
};

function attributesOf({ path, mailbox, hasChildren }: ListEntry): string[] {
  const attributes = [hasChildren ? '\\HasChildren' : '\\HasNoChildren'];
  if (!mailbox) attributes.unshift('\\Noselect');
  if (path === 'INBOX') attributes.push('\\Inbox');
  if (mailbox?.specialUse) attributes.push(ATTRIBUTES[mailbox.specialUse]);
  return attributes;
}
