/** SUBSCRIBE and UNSUBSCRIBE. RFC 9051 sections 6.3.7 and 6.3.8. */

import type { CommandHandler } from '../command.ts';

/** Adds a name to the subscriptions, whether there is such a mailbox or not. RFC 9051 section 6.3.7. */
export const subscribe: CommandHandler = subscription('SUBSCRIBE', true);

/** Takes a name from the subscriptions. */
export const unsubscribe: CommandHandler = subscription('UNSUBSCRIBE', false);

function subscription(name: string, subscribed: boolean): CommandHandler {
  return {
    name,
    state: 'authenticated',
    async run(session, { scanner }) {
      scanner.space();
      const path = scanner.mailbox();
      scanner.end();
      await session.store.subscribe(session.accountId, path, subscribed);
      session.notifier?.own(path);
      return { text: subscribed ? 'Subscribed' : 'Unsubscribed' };
    },
  };
}
