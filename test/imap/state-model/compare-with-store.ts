/** Whether the store holds what the model says, and the numbers that are the store's to choose. */

import { formatFlags } from '../../../src/model/flags.ts';
import type { MessageStore } from '../../../src/store/message-store.ts';
import { type AccountModel, flagText, type ModelMailbox, NEW } from './account-model.ts';

/** A mailbox as the store has it. */
export interface StoredMailbox {
  readonly path: string;
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly highestModSeq: number;
  readonly messages: readonly { readonly uid: number; readonly flags: string; readonly modSeq: number }[];
}

/** Everything of an account that the model speaks of. */
export interface StoredAccount {
  readonly mailboxes: readonly StoredMailbox[];
  readonly subscriptions: readonly string[];
}

/** Reads an account while nobody changes it. */
export async function readStored(store: MessageStore, account: string): Promise<StoredAccount> {
  const mailboxes: StoredMailbox[] = [];
  for (const mailbox of await store.mailboxes(account)) {
    const { uids, masks, modSeqs, keywords } = await store.flags(account, mailbox.id);
    const messages = [...uids].map((uid, index) => ({
      uid,
      flags: flagText(formatFlags(masks[index] as number, keywords.get(uid) ?? '').match(/\S+/g) ?? []),
      modSeq: modSeqs[index] as number,
    }));
    mailboxes.push({ ...mailbox, messages });
  }
  return { mailboxes, subscriptions: await store.subscriptions(account) };
}

/** What differs; nothing when the model is right. */
export function differences(model: AccountModel, stored: StoredAccount): string[] {
  const found: string[] = [];
  const tell = (what: string, here: unknown, there: unknown): void => {
    if (String(here) !== String(there)) found.push(`${what}: the model has ${here}, the store ${there}`);
  };
  tell('mailboxes', sorted(model.mailboxes.map(({ path }) => path)), sorted(stored.mailboxes.map(({ path }) => path)));
  tell('subscriptions', sorted(model.subscriptions), sorted(stored.subscriptions));
  for (const mailbox of model.mailboxes) {
    const there = stored.mailboxes.find(({ path }) => path === mailbox.path);
    if (there) compareMailbox(model, mailbox, there, tell);
  }
  return found;
}

type Tell = (what: string, here: unknown, there: unknown) => void;

function compareMailbox(model: AccountModel, mailbox: ModelMailbox, there: StoredMailbox, tell: Tell): void {
  const { path, placements } = mailbox;
  tell(`${path} UIDNEXT`, mailbox.uidNext, there.uidNext);
  if (mailbox.uidValidity > 0) tell(`${path} UIDVALIDITY`, mailbox.uidValidity, there.uidValidity);
  else tell(`${path} has a UIDVALIDITY above all earlier ones`, true, there.uidValidity > model.uidValidity);
  const line = (uid: number, flags: string): string => `${uid} (${flags})`;
  tell(
    path,
    placements.map((place) => line(place.uid, model.flagsOf(place))),
    there.messages.map(({ uid, flags }) => line(uid, flags)),
  );
  there.messages.forEach(({ uid, modSeq }, index) => {
    const expected = placements[index]?.modSeq;
    if (expected === NEW) tell(`${path} ${uid} has a MODSEQ above all earlier ones`, true, modSeq > model.modSeq);
    else tell(`${path} ${uid} MODSEQ`, expected, modSeq);
    tell(`${path} HIGHESTMODSEQ is at least that of ${uid}`, true, there.highestModSeq >= modSeq);
  });
  if (!mailbox.touched) tell(`${path} HIGHESTMODSEQ`, mailbox.highestModSeq, there.highestModSeq);
  else tell(`${path} has a HIGHESTMODSEQ above all earlier ones`, true, there.highestModSeq > model.modSeq);
}

/** Takes over the numbers that the store chose. */
export function adoptNumbers(model: AccountModel, stored: StoredAccount): void {
  for (const there of stored.mailboxes) {
    const mailbox = model.byPath(there.path) as ModelMailbox;
    mailbox.uidValidity = there.uidValidity;
    mailbox.highestModSeq = there.highestModSeq;
    mailbox.touched = false;
    there.messages.forEach(({ modSeq }, index) => {
      (mailbox.placements[index] as { modSeq: number }).modSeq = modSeq;
    });
    model.modSeq = Math.max(model.modSeq, there.highestModSeq);
    model.uidValidity = Math.max(model.uidValidity, there.uidValidity);
  }
}

function sorted(texts: Iterable<string>): string[] {
  return [...texts].sort();
}
