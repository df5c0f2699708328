/** THREAD=ORDEREDSUBJECT. RFC 5256 section 3. */

import type { ThreadMessages } from './thread-messages.ts';
import type { ThreadTree } from './thread-tree.ts';
import { sortInTurns, type Turns } from './turns.ts';

/** Messages of one base subject are a thread: the earliest is its head, all others are children of that. */
export async function threadBySubject({ uids, subjects, dates }: ThreadMessages, turns: Turns): Promise<ThreadTree> {
  const order = Uint32Array.from(uids, (_, node) => node);
  await sortInTurns(order, (a, b) => (dates[a] as number) - (dates[b] as number), turns);
  const heads = new Map<string, number>();
  const children = new Map<number, number[]>();
  const roots: number[] = [];
  // By date, so heads come in the order in which threads are told.
  for (const node of order) {
    if (turns.due) await turns.next();
    const subject = subjects[node] as string;
    const head = heads.get(subject);
    if (head === undefined) {
      heads.set(subject, node);
      roots.push(node);
    } else {
      const siblings = children.get(head);
      if (siblings) siblings.push(node);
      else children.set(head, [node]);
    }
  }
  return { count: uids.length, roots, children };
}
