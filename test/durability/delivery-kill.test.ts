/**
 * Processes that deliver are killed at random moments. What was acknowledged is there once afterwards, what was not
 * comes once when it is delivered again, and what is sent because of a message is on its way if, and only if, the
 * message was taken.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { type Delivery, expectAsWanted, PEOPLE, wantedOf } from './delivery-book.ts';
import { DeliveryProcess, ProcessGone } from './delivery-process.ts';
import { logOf, sendInto } from './send-log.ts';

const LONG = process.env.EIDER_LONG !== undefined;
const ROUNDS = LONG ? 100 : 3;
/** Then another begins, so that looking at all of it stays quick. */
const ROUNDS_OF_A_STORE = 20;
const LANES = 3;
const INTERRUPTED_MS = 200_000;
const SOME = 5;

/** A message that can be told from its token alone: some match a filter, some have a file that several share. */
function messageOf(token: number): Buffer {
  const subject = token % 3 === 0 ? 'Invoice' : 'Letter';
  const to = PEOPLE.map(({ address }) => address).join(', ');
  const head = `From: eve${token}@example.net\r\nTo: ${to}\r\nSubject: ${subject}\r\nMessage-ID: <${token}@made.example>\r\n`;
  if (token % 4 !== 0) return Buffer.from(`${head}\r\n${`line of message ${token}\r\n`.repeat(1 + (token % 50))}`);
  const file = Buffer.alloc(20_000 + (token % 5), `file ${token % 5} `).toString('base64');
  const encoding = 'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n';
  return Buffer.from(`${head}${encoding}\r\n${file.replace(/.{76}/g, '$&\r\n')}\r\n`);
}

/** Accounts with filters, forwards and an answer. */
async function furnish(path: string): Promise<void> {
  await using store = await openStore({ path });
  const ids = new Map<string, string>();
  for (const { name, address } of PEOPLE) {
    ids.set(name, (await store.accounts.create({ name, addresses: [address] })).id);
  }
  const [ann, bob, carl] = ['ann', 'bob', 'carl'].map((name) => ids.get(name) as string) as [string, string, string];
  await store.createMailbox(ann, 'Bills');
  await store.createMailbox(ann, 'Unpaid');
  const conditions = { test: 'subject', contains: 'invoice' } as const;
  await store.filters.create(ann, { conditions, actions: { mailbox: 'Bills', labels: ['Unpaid'] } });
  await store.forwardings.set(ann, { targets: ['a1@elsewhere.example', 'a2@elsewhere.example'] });
  await store.forwardings.set(bob, { targets: ['b@elsewhere.example'], keepCopy: false });
  await store.filters.create(carl, { conditions, actions: { forward: ['c@elsewhere.example'] } });
  await store.autoReplies.set(carl, { enabled: true, text: 'I am away.' });
}

const optionsOf = ({ token, recipients }: Delivery) => ({
  from: `eve${token}@example.net`,
  recipients: recipients.map(({ address }) => address),
  transactionId: `queue-${token}`,
});

/** Delivers one message after the other, each to all processes at once, until these are gone. */
async function deliverAll(processes: readonly DeliveryProcess[], book: Delivery[]): Promise<void> {
  for (;;) {
    const token = book.length + 1;
    const recipients = PEOPLE.filter((_, index) => token % 7 !== index);
    const delivery: Delivery = {
      token,
      message: messageOf(token),
      recipients,
      acknowledged: false,
      alone: processes.length === 1,
    };
    book.push(delivery);
    const outcomes = await Promise.allSettled(
      processes.map((one) => one.deliver(delivery.message, optionsOf(delivery))),
    );
    const told = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected' && !(outcome.reason instanceof ProcessGone)) throw outcome.reason;
    }
    if (told.length === processes.length) expectOnce(delivery, told);
    delivery.acknowledged = told.length > 0;
    if (told.length < processes.length) return;
  }
}

/** Of several that delivered the same, one has, for each recipient. */
function expectOnce({ token, recipients }: Delivery, told: readonly (readonly string[])[]): void {
  for (const [index, { name }] of recipients.entries()) {
    const results = told.map((one) => one[index]).sort();
    const duplicates = Array.from({ length: told.length - 1 }, () => 'duplicate');
    expect(results, `message ${token} for ${name}`).toEqual([...duplicates, wantedOf(token, name).result].sort());
  }
}

/** Delivers what was not acknowledged again, twice at the same time, and some of what was. */
async function deliverAgain(store: MessageStore, book: readonly Delivery[], there: ReadonlySet<string>): Promise<void> {
  const open = book.filter(({ acknowledged }) => !acknowledged);
  const some = book.filter(({ acknowledged }) => acknowledged).slice(-SOME);
  for (const delivery of [...open, ...some]) {
    const { token, recipients, message } = delivery;
    const told = await Promise.all([1, 2].map(() => store.deliver(message, optionsOf(delivery))));
    for (const [index, { name }] of recipients.entries()) {
      const results = told.map((outcomes) => outcomes[index]?.error ?? outcomes[index]?.result).sort();
      const first = there.has(`${token} ${name}`) ? 'duplicate' : wantedOf(token, name).result;
      expect(results, `message ${token} for ${name} again`).toEqual(['duplicate', first].sort());
    }
    if (!delivery.acknowledged) Object.assign(delivery, { acknowledged: true, alone: false });
  }
}

/** Of messages that were not acknowledged when their process was killed: for how many recipients they were there. */
const counts = { openThere: 0, openGone: 0 };

/** Opens what the crash left, checks it whole, delivers again what was open, and sends what waits. */
async function inspect(path: string, log: string, book: Delivery[]): Promise<void> {
  await using store = await openStore({ path, outgoing: { host: 'mx.example.org', send: sendInto(log) } });
  await expectSound(store);
  const there = await expectAsWanted(store, book, logOf(log));
  for (const { token, recipients } of book.filter(({ acknowledged }) => !acknowledged)) {
    for (const { name } of recipients) counts[there.has(`${token} ${name}`) ? 'openThere' : 'openGone']++;
  }
  await deliverAgain(store, book, there);
  await store.outgoing.runDue();
  // What was being sent when its process was killed may have been sent: it is told, and not sent again.
  const later = Date.now;
  Date.now = () => later() + INTERRUPTED_MS;
  await store.outgoing.runDue().finally(() => {
    Date.now = later;
  });
  await expectAsWanted(store, book, logOf(log));
  for await (const { id } of store.accounts.list()) {
    for (const { due, error } of await store.outgoing.list(id)) {
      expect({ due, error }).toEqual({ due: null, error: 'interrupted while it was sent' });
    }
  }
  await expectSound(store);
}

async function expectSound(store: MessageStore): Promise<void> {
  for await (const finding of store.maintenance.check({ rehash: true })) expect.unreachable(JSON.stringify(finding));
}

/** Resolves when two more were acknowledged, or the clients have ended. */
async function atWork(book: readonly Delivery[], clientsEnd: Promise<unknown>): Promise<void> {
  const count = () => book.filter(({ acknowledged }) => acknowledged).length;
  const before = count();
  let ended = false;
  void clientsEnd.then(() => {
    ended = true;
  });
  while (!ended && count() < before + 2) await new Promise((done) => setTimeout(done, 5));
}

it(`kill -9 while mail arrives, ${ROUNDS} times`, { timeout: LONG ? 1_200_000 : 120_000 }, async () => {
  const total = { deliveries: 0, sent: 0 };
  for (let done = 0; done < ROUNDS; done += ROUNDS_OF_A_STORE) {
    const folder = await mkdtemp(join(tmpdir(), 'eider-delivery-kill-'));
    const path = join(folder, 'store');
    const log = join(folder, 'sent');
    await furnish(path);
    const book: Delivery[] = [];
    for (let round = done; round < Math.min(ROUNDS, done + ROUNDS_OF_A_STORE); round++) {
      await killOnce(round, path, log, book);
      await inspect(path, log, book);
    }
    total.deliveries += book.length;
    total.sent += logOf(log).length;
    await rm(folder, { recursive: true });
  }
  console.log(`killed ${ROUNDS} times: ${JSON.stringify({ ...total, ...counts })}`);
  expect(total.deliveries).toBeGreaterThan(ROUNDS);
  expect(total.sent).toBeGreaterThan(ROUNDS);
});

/** One process that delivers, or two that race, which send what waits or leave it, and their end. */
async function killOnce(round: number, path: string, log: string, book: Delivery[]): Promise<void> {
  const processes = Array.from({ length: 1 + (round % 2) }, () =>
    DeliveryProcess.start({ path, log, sends: round % 3 !== 0 }),
  );
  onTestFinished(async () => void (await Promise.all(processes.map((one) => one.kill()))));
  const lanes = Promise.allSettled(Array.from({ length: LANES }, () => deliverAll(processes, book)));
  // Now and then while they still wake up; else in the middle of their work, however slow the machine is.
  if (round % 5 > 0) await atWork(book, lanes);
  await new Promise((done) => setTimeout(done, 30 + Math.random() * 300));
  await Promise.all(processes.map((one) => one.kill()));
  for (const outcome of await lanes) if (outcome.status === 'rejected') throw outcome.reason;
}
