/** CANCELUPDATE. RFC 5267 section 4.3.5. */

import type { CommandHandler } from '../command.ts';
import { Refusal } from '../refusal.ts';

/** Ends that results of searches are kept up to date. */
export const cancelUpdate: CommandHandler = {
  name: 'CANCELUPDATE',
  state: 'selected',
  run(session, { scanner }) {
    const tags: string[] = [];
    while (scanner.trySpace()) tags.push(scanner.string());
    scanner.end();
    const { updates } = session.selected;
    if (tags.length === 0 || !tags.every((tag) => updates.has(tag))) {
      throw new Refusal('BAD', 'There is no search of that tag that is kept up to date');
    }
    for (const tag of tags) updates.delete(tag);
    return { text: 'No further updates' };
  },
};
