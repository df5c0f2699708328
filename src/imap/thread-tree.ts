/** Threads as a tree, and as THREAD answers them. RFC 5256 section 4. */

import type { Turns } from './turns.ts';

/** Nodes are numbers: below `count` messages, above it dummies. */
export interface ThreadTree {
  readonly count: number;
  /** Heads of the threads, in order; a dummy has at least two children. */
  readonly roots: readonly number[];
  /** Children of each node that has any, in order. */
  readonly children: ReadonlyMap<number, readonly number[]>;
}

/** Ends a list. */
const END = -1;

/** `(2)(3 6 (4 23)(44 7 96))`. @param numbers of the messages, by node */
export async function formatThreads(
  { count, roots, children }: ThreadTree,
  numbers: readonly number[],
  turns: Turns,
): Promise<string> {
  const parts: string[] = [];
  // Not by recursion: a conversation can be as deep as it is long. Even: a list that begins with node n / 2; odd: what
  // goes on in a list.
  const left: number[] = [];
  for (const root of roots) {
    left.push(2 * root);
    while (left.length > 0) {
      if (turns.due) await turns.next();
      const task = left.pop() as number;
      const node = task >> 1;
      if (task === END) parts.push(')');
      else if (task % 2 === 0) {
        parts.push('(');
        left.push(END, task + 1);
      } else {
        const below = children.get(node) ?? [];
        if (node < count) parts.push(below.length > 0 ? `${numbers[node]} ` : `${numbers[node]}`);
        // An only child goes on in its parent's list; several get a list each.
        if (below.length === 1) left.push(2 * (below[0] as number) + 1);
        else for (let i = below.length - 1; i >= 0; i--) left.push(2 * (below[i] as number));
      }
    }
  }
  return parts.join('');
}
