/** What is known of messages that were delivered, and what has to be there of them. */

import { expect } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import type { SentMail } from './send-log.ts';

/** Who gets mail. */
export type Name = 'ann' | 'bob' | 'carl';

/** Those who get mail. */
export const PEOPLE: readonly { readonly name: Name; readonly address: string }[] = [
  { name: 'ann', address: 'ann@example.org' },
  { name: 'bob', address: 'bob@example.org' },
  { name: 'carl', address: 'carl@example.org' },
];

/** A message that was brought. */
export interface Delivery {
  readonly token: number;
  readonly message: Buffer;
  readonly recipients: typeof PEOPLE;
  /** Whether a process said that it has it. */
  acknowledged: boolean;
  /** Whether it was brought once. */
  alone: boolean;
}

/** What becomes of a message for an account. */
interface Wanted {
  readonly result: 'stored' | 'forwarded';
  readonly mailboxes: readonly string[];
  readonly forwards: readonly string[];
}

/** By the filters and forwards of the accounts; every third message is an invoice. */
export function wantedOf(token: number, name: Name): Wanted {
  const isInvoice = token % 3 === 0;
  if (name === 'bob') return { result: 'forwarded', mailboxes: [], forwards: ['b@elsewhere.example'] };
  if (name === 'carl') {
    return { result: 'stored', mailboxes: ['INBOX'], forwards: isInvoice ? ['c@elsewhere.example'] : [] };
  }
  const mailboxes = isInvoice ? ['Bills', 'Unpaid'] : ['INBOX'];
  return { result: 'stored', mailboxes, forwards: ['a1@elsewhere.example', 'a2@elsewhere.example'] };
}

/**
 * Expects that each message is there wholly or not at all, for each of its recipients, and that those which were
 * acknowledged are; and that each account counts what it has. Resolves with what is there, as `token name`.
 */
export async function expectAsWanted(
  store: MessageStore,
  book: readonly Delivery[],
  sent: readonly SentMail[],
): Promise<Set<string>> {
  const lines = sent.map(({ token, kind, to }) => `${token} ${kind} ${to}`);
  const once = new Set<string>();
  for (const line of lines) {
    expect(once.has(line), `sent twice: ${line}`).toBe(false);
    once.add(line);
  }
  const there = new Set<string>();
  for (const { name } of PEOPLE) {
    const { id } = await store.accounts.get(name);
    const mailboxes = await takeStock(store, id, book);
    const onTheirWay = await mailOf(store, id, sent);
    for (const delivery of book) {
      const { token, recipients, acknowledged, alone } = delivery;
      const found = { mailboxes: mailboxes.get(token) ?? [], forwards: onTheirWay.forwards(token, name) };
      const { result: _result, ...all } = wantedOf(token, name);
      const isThere = found.mailboxes.length + found.forwards.length > 0;
      const isFor = recipients.some((one) => one.name === name);
      const wanted = isThere && isFor ? { ...all } : { mailboxes: [], forwards: [] };
      if (name === 'bob' && onTheirWay.givenUp.has(token)) wanted.mailboxes = ['INBOX'];
      expect(found, `message ${token} of ${name}`).toEqual(wanted);
      if (acknowledged && isFor) expect(isThere, `acknowledged message ${token} of ${name}`).toBe(true);
      if (isThere) there.add(`${token} ${name}`);
      if (name !== 'carl') continue;
      const replies = onTheirWay.replies.filter((to) => to === `eve${token}@example.net`).length;
      // Who gets an answer counts as having got it before the message is taken: one may be lost, and none comes twice.
      const isCertain = isThere && acknowledged && alone;
      expect(replies, `answers to message ${token}`).toBeGreaterThanOrEqual(isCertain ? 1 : 0);
      expect(replies, `answers to message ${token}`).toBeLessThanOrEqual(isThere ? 1 : 0);
    }
  }
  return there;
}

/** In which mailboxes messages are. Each has the octets that were sent, after trace fields, and the account counts them all. */
async function takeStock(
  store: MessageStore,
  account: string,
  book: readonly Delivery[],
): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  const emails = new Map<number, number | string>();
  const usage = { octets: 0, messages: 0 };
  for (const { path, messages } of await store.mailboxes(account)) {
    let count = 0;
    for await (const message of store.fetch(account, path, UidSet.range(1, 0xffffffff), { body: true })) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of message.body?.read() ?? []) chunks.push(chunk);
      const octets = Buffer.concat(chunks);
      const token = Number(/<(\d+)@made\.example>/.exec(octets.toString('latin1'))?.[1]);
      const sent = book[token - 1]?.message as Buffer;
      expect(octets.subarray(-sent.length).equals(sent), `the octets of message ${token}`).toBe(true);
      expect(emails.get(token) ?? message.emailId, `message ${token} is one`).toBe(message.emailId);
      emails.set(token, message.emailId);
      found.set(token, [...(found.get(token) ?? []), path]);
      usage.octets += message.size;
      usage.messages++;
      count++;
    }
    expect(messages, `messages of ${path}`).toBe(count);
  }
  expect((await store.quota(account)).usage).toEqual(usage);
  return found;
}

/** What an account has sent, and what waits or was given up. */
async function mailOf(
  store: MessageStore,
  account: string,
  sent: readonly SentMail[],
): Promise<{
  forwards(token: number, name: Name): string[];
  /** Messages whose forwards were given up. */
  readonly givenUp: ReadonlySet<number>;
  readonly replies: readonly string[];
}> {
  const waiting = await store.outgoing.list(account);
  const listed = waiting.map(({ kind, from, to }) => `${kind} ${from} ${to}`);
  expect(new Set(listed).size, 'mail that waits is there once').toBe(listed.length);
  // A mail that was sent waits still, when its process was killed before it could say so.
  const targets = (token: number): Set<string> =>
    new Set([
      ...sent.filter((mail) => mail.token === token && mail.kind === 'forward').map(({ to }) => to),
      ...waiting
        .filter(({ kind, from }) => kind === 'forward' && from === `eve${token}@example.net`)
        .map(({ to }) => to),
    ]);
  const failed = waiting.filter(({ kind, due }) => kind === 'forward' && due === null);
  return {
    givenUp: new Set(failed.map(({ from }) => Number(/^eve(\d+)@/.exec(from)?.[1]))),
    forwards: (token, name) => [...targets(token)].filter((to) => to.startsWith(name.slice(0, 1))).sort(),
    replies: [
      ...new Set([
        ...sent.filter(({ kind }) => kind === 'autoReply').map(({ to }) => to),
        ...waiting.filter(({ kind }) => kind === 'autoReply').map(({ to }) => to),
      ]),
    ],
  };
}
