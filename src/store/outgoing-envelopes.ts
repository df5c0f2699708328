/** Envelopes of mail on its way out, kept as annotations of the hidden mailbox where the mail lies. */

import type { ReadTransaction } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import type { AccountId, Uid } from '../model/ids.ts';
import type { OutgoingMail } from '../model/outgoing-mail.ts';
import { findOutbox } from './hidden-mailboxes.ts';

const ID = /^([a-z0-9-]+)\/(\d+)\/(\d+)$/;

/** An envelope as it is kept. */
export interface StoredEnvelope {
  readonly kind: OutgoingMail['kind'];
  readonly from: string;
  readonly to: string;
  readonly smtpUtf8: boolean;
  readonly created: number;
  readonly failures: number;
  /** `null` when it is tried no more. */
  readonly due: number | null;
  readonly claim: { readonly holder: string; readonly until: number } | null;
  readonly error: string | null;
  readonly onlyCopy: boolean;
}

/** Whether it may be sent again when nobody knows if it was: whoever gets a webhook can tell a repetition. */
export function isRepeatable({ kind }: StoredEnvelope): boolean {
  return kind === 'webhook';
}

/** Whether nobody else may claim it: of what was claimed once, only what is repeatable becomes free again. */
export function isHeld(envelope: StoredEnvelope, now: number): boolean {
  return envelope.claim !== null && !(isRepeatable(envelope) && envelope.claim.until <= now);
}

/** An envelope, and where it is. */
export interface FoundEnvelope {
  readonly uid: Uid;
  readonly number: number;
  readonly envelope: StoredEnvelope;
}

/** The envelopes of an account, in order. @param names only these; else all */
export async function readEnvelopes(tx: ReadTransaction, names?: readonly string[]): Promise<FoundEnvelope[]> {
  const outbox = await findOutbox(tx);
  if (!outbox) return [];
  const found = (await tx.annotations({ mailboxId: outbox.id, ...(names && { names }) })).map(({ name, value }) => {
    const [uid, number] = name.split('/').slice(-2).map(Number) as [number, number];
    return { uid, number, envelope: JSON.parse(Buffer.from(value).toString()) as StoredEnvelope };
  });
  return found.sort((a, b) => a.uid - b.uid || a.number - b.number);
}

/** The name of an envelope's annotation. */
export const nameOf = (uid: Uid, number: number): string => `/private/outgoing/${uid}/${number}`;

/** What is kept of it. */
export const octetsOf = (envelope: StoredEnvelope): Uint8Array => Buffer.from(JSON.stringify(envelope));

/** Where an envelope is. @throws `INVALID_ARGUMENT` for an id that names none. */
export function placeOf(id: string): { readonly account: AccountId; readonly uid: Uid; readonly number: number } {
  const [, account = '', uid, number] = ID.exec(id) ?? [];
  if (account === '') throw new EiderError('INVALID_ARGUMENT', 'that names no outgoing mail');
  return { account, uid: Number(uid), number: Number(number) };
}
