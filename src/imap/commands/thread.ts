/** THREAD. RFC 5256. */

import type { CommandHandler } from '../command.ts';
import { findMessages } from '../find-messages.ts';
import { numbersOf } from '../search-answer.ts';
import { readThreadMessages } from '../thread-messages.ts';
import { threadByReferences } from '../thread-references.ts';
import { threadBySubject } from '../thread-subjects.ts';
import { formatThreads } from '../thread-tree.ts';
import { Turns } from '../turns.ts';
import { parseThread } from '../wire/sort-args.ts';

/** Finds messages and groups them by conversation. */
export const thread: CommandHandler = {
  name: 'THREAD',
  state: 'selected',
  uid: true,
  keepsNumbers: true,
  downloads: true,
  async run(session, { scanner, tag, uid }) {
    const args = parseThread(scanner);
    const view = session.selected;
    if (args.modSeq) session.enableCondstore();
    const turns = new Turns();
    const byReferences = args.algorithm === 'REFERENCES';
    const work = findMessages(session, view, args).then(async (found) => {
      const messages = await readThreadMessages(session, view, found, byReferences, turns);
      const tree = await (byReferences ? threadByReferences : threadBySubject)(messages, turns);
      const numbers = numbersOf(view, messages.uids, uid);
      return formatThreads(tree, numbers, turns);
    });
    const threads = await session.work(tag, work);
    session.out.write(`* THREAD${threads === '' ? '' : ` ${threads}`}\r\n`);
    return { text: 'Threaded' };
  },
};
