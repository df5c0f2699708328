/** NOTIFY. RFC 5465. */

import { announceChanges } from '../announce-changes.ts';
import type { CommandHandler } from '../command.ts';
import { MetadataNews } from '../metadata-news.ts';
import { Notifier } from '../notifier.ts';
import { accountNames, NotifyFeed, optionsOf } from '../notify-feed.ts';
import { statusResponse } from '../status-response.ts';
import { parseNotify } from '../wire/notify-args.ts';

/** Says what the client wants to be told of, whether a command is run or not. */
export const notify: CommandHandler = {
  name: 'NOTIFY',
  state: 'authenticated',
  async run(session, { scanner }) {
    const args = parseNotify(scanner);
    if (args === 'none') {
      session.setNotifier(new Notifier([], { mailboxes: [], subscriptions: new Set() }), null);
      return { text: 'Nothing is told any more' };
    }
    // RFC 5465 section 3.1: what has gathered is told at once. By the old wishes, as the new ones may leave it out.
    await announceChanges(session, { expunge: true, poll: true });
    const notifier = new Notifier(args.groups, await accountNames(session));
    if (notifier.watchesMetadata) session.metadataNews ??= await MetadataNews.begin(session);
    session.setNotifier(notifier, new NotifyFeed(session, notifier));
    for (const { mailbox, items } of args.status ? notifier.statuses(optionsOf(session)) : []) {
      session.out.write(await statusResponse(session, mailbox, items));
    }
    return { text: 'Changes are told from now on' };
  },
};
