/**
 * Mail that waits to be sent, kept in a hidden mailbox of the account for which it goes out: so it is put there by the
 * same transaction as what it is sent because of. Its envelopes lie beside it, one for each address.
 */

import { randomBytes } from 'node:crypto';
import type { WriteTransaction } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import { MessageBody } from '../mime/message-body.ts';
import type { Content } from '../model/content.ts';
import { NO_FLAGS } from '../model/flags.ts';
import type { AccountId, Uid } from '../model/ids.ts';
import type { OutgoingMail, WaitingMail } from '../model/outgoing-mail.ts';
import { UidSet } from '../model/uid-set.ts';
import { addMessages } from './append.ts';
import { resolveMailbox, type StoreContext } from './context.ts';
import { findOutbox, outboxMailbox } from './hidden-mailboxes.ts';
import {
  isHeld,
  isRepeatable,
  nameOf,
  octetsOf,
  placeOf,
  readEnvelopes,
  type StoredEnvelope,
} from './outgoing-envelopes.ts';

/** A claim ends when its holder has been silent for so long, in milliseconds. */
const CLAIM_MS = 120_000;
/** What was tried no more is told of for so long, in milliseconds. */
const FAILED_MS = 30 * 86_400_000;
/** An account without mail is looked at for so long after its last, in milliseconds: longer than any delivery takes. */
const IDLE_MS = 3_600_000;
const MARKS = { owner: 'outbox', kind: 'outbox' };
const PAGE = 500;

interface KnownEnvelope {
  readonly id: string;
  readonly envelope: StoredEnvelope;
}

/** One message to one or several addresses. */
export interface NewOutgoing {
  readonly content: Content;
  readonly kind: OutgoingMail['kind'];
  readonly from: string;
  readonly to: readonly string[];
  readonly smtpUtf8: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** When it is sent, milliseconds since 1970. @defaultValue `created` */
  readonly due?: number;
  /** Whether the account keeps nothing of it: what cannot be sent comes to its INBOX then, as it would be lost. */
  readonly onlyCopy: boolean;
}

/** To be called before the transaction with {@link addOutgoing}: whoever sends looks at the account from then on. */
export async function markOutbox({ engine }: StoreContext, account: AccountId): Promise<void> {
  await engine.vault.put({ ...MARKS, key: account }, { value: String(Date.now()) });
}

/** Puts mail into the outbox, as part of a transaction; resolves with what names each there. */
export async function addOutgoing(tx: WriteTransaction, mails: readonly NewOutgoing[]): Promise<Uid[]> {
  if (mails.length === 0) return [];
  const outbox = await outboxMailbox(tx);
  const threadId = await tx.newThread();
  const messages = mails.map(({ content, created }) => ({ content, flags: NO_FLAGS, internalDate: created, threadId }));
  const added = await tx.add(outbox.id, messages);
  const values = new Map<string, Uint8Array>();
  for (const [index, { kind, from, to, smtpUtf8, created, due = created, onlyCopy }] of mails.entries()) {
    for (const [number, address] of to.entries()) {
      const envelope: StoredEnvelope = {
        ...{ kind, from, to: address, smtpUtf8, created, failures: 0, due, claim: null, error: null },
        onlyCopy,
      };
      values.set(nameOf((added[index] as { uid: Uid }).uid, number), octetsOf(envelope));
    }
  }
  await tx.setAnnotations(outbox.id, values);
  return added.map(({ uid }) => uid);
}

/** Makes a message for the sender of one that could not be sent; `null` for none. */
export type ReportFailure = (failed: {
  readonly account: AccountId;
  readonly kind: OutgoingMail['kind'];
  readonly from: string;
  readonly to: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly error: string;
  /** Raw. */
  readonly header: Uint8Array;
}) => Promise<Content | null>;

/** The outboxes of all accounts, for one who sends. */
export class Outbox {
  readonly #context: StoreContext;
  readonly #report: ReportFailure | null;
  readonly #kinds: (kind: OutgoingMail['kind']) => boolean;
  readonly #holder = randomBytes(9).toString('base64url');

  /** @param kinds what can be sent from here; the rest waits for others */
  constructor(
    context: StoreContext,
    report: ReportFailure | null = null,
    kinds: (kind: OutgoingMail['kind']) => boolean = () => true,
  ) {
    this.#context = context;
    this.#kinds = kinds;
    this.#report = report;
  }

  /** Takes back a mail to all to whom it was not sent, or is being sent; how many those are. */
  async cancel(account: AccountId, uid: Uid): Promise<number> {
    return this.#context.engine.write(account, async (tx) => {
      const outbox = await findOutbox(tx);
      const all = (await readEnvelopes(tx)).filter((one) => one.uid === uid && one.envelope.due !== null);
      const free = all.filter(({ envelope }) => envelope.claim === null);
      if (!outbox || free.length === 0) return 0;
      await tx.setAnnotations(outbox.id, new Map(free.map(({ number }) => [nameOf(uid, number), null])));
      if (free.length === all.length) await tx.expunge(outbox.id, UidSet.of(uid));
      return free.length;
    });
  }

  /** What waits for one account, and what was given up lately; the oldest first. */
  async list(account: AccountId): Promise<WaitingMail[]> {
    const found = await this.#envelopes(account);
    return found.map(({ id, envelope: { claim: _claim, onlyCopy: _onlyCopy, ...rest } }) => ({ id, ...rest }));
  }

  /** See `OutboxStore.due`. */
  async due(now: number, limit: number): Promise<{ readonly id: string; readonly interrupted: boolean }[]> {
    const due: { id: string; interrupted: boolean; at: number }[] = [];
    for await (const waiting of this.#waiting()) {
      for (const { id, envelope } of waiting) {
        if (envelope.due === null || envelope.due > now || !this.#kinds(envelope.kind)) continue;
        if (envelope.claim && envelope.claim.until > now) continue;
        due.push({ id, interrupted: envelope.claim !== null && !isRepeatable(envelope), at: envelope.due });
      }
    }
    return due.sort((a, b) => a.at - b.at).slice(0, limit);
  }

  /** See `OutboxStore.begin`. */
  async begin(id: string): Promise<{ mail: OutgoingMail; created: number; failures: number } | null> {
    const now = Date.now();
    const claim = { holder: this.#holder, until: now + CLAIM_MS };
    const claimed = await this.#change(id, (envelope) =>
      isHeld(envelope, now) || envelope.due === null || envelope.due > now ? null : { ...envelope, claim },
    );
    if (!claimed) return null;
    const { account, uid } = placeOf(id);
    const body = await this.#body(account, uid);
    if (!body) return null;
    const { kind, from, to, smtpUtf8, created, failures } = claimed;
    const read = (): AsyncIterable<Uint8Array> => body.read();
    const mail: OutgoingMail = {
      id: id.replaceAll('/', '-'),
      kind,
      account,
      from,
      to,
      size: body.size,
      smtpUtf8,
      read,
    };
    return { mail, created, failures };
  }

  /** See `OutboxStore.keep`. */
  async keep(id: string): Promise<boolean> {
    const claim = { holder: this.#holder, until: Date.now() + CLAIM_MS };
    return (await this.#change(id, (envelope) => (this.#holds(envelope) ? { ...envelope, claim } : null))) !== null;
  }

  /** See `OutboxStore.done`. */
  done(id: string): Promise<boolean> {
    return this.#end(id, (envelope) => (this.#holds(envelope) ? 'forget' : null));
  }

  /** See `OutboxStore.retry`. */
  async retry(id: string, at: number, error: string): Promise<boolean> {
    const again = await this.#change(id, (envelope) =>
      this.#holds(envelope) ? { ...envelope, failures: envelope.failures + 1, due: at, claim: null, error } : null,
    );
    return again !== null;
  }

  /** See `OutboxStore.fail`. */
  async fail(id: string, error: string): Promise<boolean> {
    const now = Date.now();
    const report = await this.#reportOf(id, error);
    const fail = (envelope: StoredEnvelope): StoredEnvelope | null => {
      const isAbandoned = envelope.due !== null && envelope.claim !== null && envelope.claim.until <= now;
      if (!this.#holds(envelope) && !isAbandoned) return null;
      return { ...envelope, failures: envelope.failures + 1, due: null, claim: null, error, created: now };
    };
    return this.#end(id, fail, report);
  }

  /** What the sender is told; ready before the transaction that it is a part of. */
  async #reportOf(id: string, error: string): Promise<Content | null> {
    if (!this.#report) return null;
    const { account, uid, number } = placeOf(id);
    const found = await this.#context.engine.read(account, async (tx) => {
      const outbox = await findOutbox(tx);
      const [one] = await readEnvelopes(tx, [nameOf(uid, number)]);
      const [record] = outbox ? await tx.fetch(outbox.id, UidSet.of(uid), { header: true, limit: 1 }) : [];
      return one && record?.header ? { ...one.envelope, header: record.header } : null;
    });
    return found && this.#report({ account, ...found, error });
  }

  #holds({ claim }: StoredEnvelope): boolean {
    return claim?.holder === this.#holder;
  }

  /** The envelopes of each account of which some wait. */
  async *#waiting(): AsyncGenerator<readonly KnownEnvelope[], void, undefined> {
    const { vault } = this.#context.engine;
    for (let after: string | undefined; ; ) {
      const page = await vault.list(MARKS, { ...(after !== undefined && { after }), limit: PAGE });
      for (const { key, value, version } of page) {
        const found = await this.#envelopes(key);
        if (found.some(({ envelope }) => envelope.due !== null)) yield found;
        // What was put there meanwhile has marked it anew.
        else if (Number(value) < Date.now() - IDLE_MS) {
          await vault.update({ ...MARKS, key }, version, { value, expires: Date.now() });
        }
      }
      after = page.at(-1)?.key;
      if (page.length < PAGE) return;
    }
  }

  async #envelopes(account: AccountId): Promise<KnownEnvelope[]> {
    try {
      const found = await this.#context.engine.read(account, (tx) => readEnvelopes(tx));
      return found.map(({ uid, number, envelope }) => ({ id: `${account}/${uid}/${number}`, envelope }));
    } catch (error) {
      // The account is gone, and its mail with it.
      if (error instanceof EiderError && error.code === 'ACCOUNT_NOT_FOUND') return [];
      throw error;
    }
  }

  async #body(account: AccountId, uid: Uid): Promise<(MessageBody & { readonly size: number }) | null> {
    const { engine, blobs } = this.#context;
    const record = await engine.read(account, async (tx) => {
      const outbox = await findOutbox(tx);
      return outbox && (await tx.fetch(outbox.id, UidSet.of(uid), { body: true, limit: 1 }))[0];
    });
    if (!record?.body || !record.tree) return null;
    return Object.assign(new MessageBody(record.body, record.tree, blobs), { size: record.size });
  }

  /** Replaces an envelope by what `change` makes of it; `null`, and nothing happened, when that is nothing. */
  async #change(
    id: string,
    change: (envelope: StoredEnvelope) => StoredEnvelope | null,
  ): Promise<StoredEnvelope | null> {
    const { account, uid, number } = placeOf(id);
    return this.#context.engine.write(account, async (tx) => {
      const outbox = await findOutbox(tx);
      const [found] = await readEnvelopes(tx, [nameOf(uid, number)]);
      const changed = found && change(found.envelope);
      if (!outbox || !changed) return null;
      await tx.setAnnotations(outbox.id, new Map([[nameOf(uid, number), octetsOf(changed)]]));
      return changed;
    });
  }

  /** The same for the last word on a mail: its octets go with the last of its envelopes that waits. */
  async #end(
    id: string,
    change: (envelope: StoredEnvelope) => StoredEnvelope | 'forget' | null,
    report: Content | null = null,
  ): Promise<boolean> {
    const { account, uid, number } = placeOf(id);
    return this.#context.engine.write(account, async (tx) => {
      const outbox = await findOutbox(tx);
      const all = await readEnvelopes(tx);
      const found = all.find((one) => one.uid === uid && one.number === number);
      const changed = found && change(found.envelope);
      if (!outbox || !changed) return false;
      const values = new Map<string, Uint8Array | null>();
      for (const { uid, number, envelope } of all) {
        if (envelope.due === null && envelope.created < Date.now() - FAILED_MS) values.set(nameOf(uid, number), null);
      }
      const others = all.filter((one) => one.uid === uid && one.number !== number && one.envelope.due !== null);
      if (changed !== 'forget' && changed.onlyCopy) {
        await tx.copy(outbox.id, UidSet.of(uid), (await resolveMailbox(tx, 'INBOX')).id, 'label');
        for (const other of others) {
          values.set(nameOf(uid, other.number), octetsOf({ ...other.envelope, onlyCopy: false }));
        }
      }
      values.set(nameOf(uid, number), changed === 'forget' ? null : octetsOf(changed));
      await tx.setAnnotations(outbox.id, values);
      if (others.length === 0) await tx.expunge(outbox.id, UidSet.of(uid));
      if (report) {
        const message = { content: report, flags: NO_FLAGS, internalDate: Date.now() };
        await addMessages(tx, await resolveMailbox(tx, 'INBOX'), [message]);
      }
      return true;
    });
  }
}
