/** Which messages make a conversation. */

import { describe, expect, it } from 'vitest';
import { letter, openTestStore } from './store-fixture.ts';

/** Appends messages told as `id`, or `id<reference,reference`, with a subject; gives their threads as small numbers. */
async function threadsOf(messages: readonly (readonly [refs: string, subject: string])[]): Promise<number[]> {
  const { store, account } = await openTestStore();
  const numbers = new Map<number, number>();
  const found: number[] = [];
  for (const [refs, subject] of messages) {
    const [id, references] = refs.split('<');
    const fields = {
      ...(id && { 'Message-ID': `<${id}@made.example>` }),
      ...(references && {
        References: references
          .split(',')
          .map((ref) => `<${ref}@made.example>`)
          .join(' '),
      }),
    };
    const { threadId } = await store.append(account, 'INBOX', letter(subject, 'x', fields));
    if (!numbers.has(threadId)) numbers.set(threadId, numbers.size + 1);
    found.push(numbers.get(threadId)!);
  }
  return found;
}

describe('threads', () => {
  it.each([
    [
      'a reply joins',
      [
        ['a', 'Plan'],
        ['b<a', 'Re: Plan'],
      ],
      [1, 1],
    ],
    [
      'a reply to a reply joins',
      [
        ['a', 'Plan'],
        ['b<a', 'Re: Plan'],
        ['c<a,b', 'RE: Re: Plan'],
      ],
      [1, 1, 1],
    ],
    [
      'a reply that comes first is joined',
      [
        ['b<a', 'Re: Plan'],
        ['a', 'Plan'],
      ],
      [1, 1],
    ],
    [
      'two replies to what never came are together',
      [
        ['b<a', 'Re: Plan'],
        ['c<a', 'Re: Plan'],
      ],
      [1, 1],
    ],
    [
      'the same subject alone does not join',
      [
        ['a', 'Plan'],
        ['b', 'Plan'],
      ],
      [1, 2],
    ],
    [
      'a reply with another subject starts a conversation',
      [
        ['a', 'Plan'],
        ['b<a', 'Something else'],
      ],
      [1, 2],
    ],
    [
      'messages without id are alone',
      [
        ['', 'Plan'],
        ['', 'Plan'],
      ],
      [1, 2],
    ],
    [
      'the same message twice is one conversation',
      [
        ['a', 'Plan'],
        ['a', 'Plan'],
      ],
      [1, 1],
    ],
    [
      'forwards keep together with what they refer to',
      [
        ['a', 'Plan'],
        ['b<a', 'Fwd: Plan'],
      ],
      [1, 1],
    ],
  ] as const)('%s', async (_, messages, wanted) => {
    expect(await threadsOf(messages)).toEqual(wanted);
  });

  it('messages appended together are threaded too', async () => {
    const { store, account } = await openTestStore();
    const messages = [];
    for (const [id, refs] of [
      ['a', ''],
      ['b', '<a@x>'],
      ['c', '<b@x>'],
    ]) {
      messages.push({
        message: await store.prepare(
          letter(id === 'a' ? 'P' : 'Re: P', 'x', { 'Message-ID': `<${id}@x>`, ...(refs && { References: refs }) }),
        ),
      });
    }
    const results = await store.appendPrepared(account, 'INBOX', messages);
    expect(new Set(results.map((result) => result.threadId)).size).toBe(1);
  });

  it('a thousand references are read in bounded time', async () => {
    const references = Array.from({ length: 5000 }, (_, index) => `r${index}`).join(',');
    expect(
      await threadsOf([
        ['a', 'Plan'],
        [`b<${references},a`, 'Re: Plan'],
      ]),
    ).toEqual([1, 1]);
  });
});
