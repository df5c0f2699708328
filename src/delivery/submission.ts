/** Sending for accounts: who may send as whom, how many, and what goes out. RFC 6409. */

import { hostname } from 'node:os';
import { domainToASCII } from 'node:url';
import { EiderError, isEiderError } from '../errors.ts';
import { parseAddresses } from '../mime/addresses.ts';
import { asBuffer, parseHeaderFields, unfold } from '../mime/header-fields.ts';
import { MessageBody } from '../mime/message-body.ts';
import { parseMessageId } from '../mime/message-ids.ts';
import { splitMessage } from '../mime/split-message.ts';
import type { Account } from '../model/account.ts';
import { effectiveLimits } from '../model/account-limits.ts';
import { normalizeAddress, splitAddress } from '../model/address.ts';
import type { Content } from '../model/content.ts';
import type { DkimKeys } from '../model/dkim.ts';
import type { AccountId } from '../model/ids.ts';
import type { MailboxRef } from '../model/mailbox.ts';
import {
  MAX_SUBMISSION_RECIPIENTS,
  type Submissions,
  type SubmitOptions,
  type Submitted,
} from '../model/submission.ts';
import { requireSize, resolveMailbox, type StoreContext } from '../store/context.ts';
import { dataText } from '../store/message-data.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { Outbox, ReportFailure } from '../store/outbox.ts';
import { findSentMailbox, storeSent } from '../store/submit.ts';
import { takeDaily } from './daily-limit.ts';
import { composeFailureReport } from './failure-report.ts';
import { mailDate, newMessageId } from './mail-writer.ts';
import { needsUtf8 } from './outgoing.ts';
import { wireAddress } from './wire-address.ts';

const MAX_NAME = 256;
/** The id of none. */
const NO_MAILBOX = 0;
const QUEUE_ID = /^[0-9a-f]{24}$/;

/** What sending needs. */
export interface SubmissionParts {
  readonly parts: StoreContext;
  readonly store: MessageStore;
  readonly outbox: Outbox;
  readonly dkim: DkimKeys;
}

/** Sending for all accounts. */
export class StoreSubmissions implements Submissions {
  readonly #parts: SubmissionParts;

  constructor(parts: SubmissionParts) {
    this.#parts = parts;
  }

  async submit(
    id: AccountId,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Uint8Array | string,
    options: SubmitOptions,
  ): Promise<Submitted | null> {
    const { parts, store } = this.#parts;
    const account = await store.accounts.get(id);
    if (!(await store.auth.takesMail(id))) throw new EiderError('ACCOUNT_DISABLED', 'the account is switched off');
    const to = recipientsOf(options.to);
    const from = options.from === '' ? '' : normalizeAddress(options.from);
    if (from !== '' && !(await this.#maySend(account, from))) {
      throw new EiderError('SENDER_REFUSED', 'the account may not send from this address');
    }
    const now = Date.now();
    const due = requireTime(options.sendAt) ?? now;
    requireName(options.transactionId);
    const data = options.data && dataText(options.data);
    const octets = typeof source === 'string' ? Buffer.from(source) : source;
    const written = await splitMessage(octets, parts.blobs, {
      maxSize: parts.maxMessageSize,
      ...(options.signal && { signal: options.signal }),
    });
    const limits = effectiveLimits(account.limits, await parts.defaultLimits.inForce());
    requireSize(written, limits);
    const copy = await this.#completed(written, from || (account.addresses[0] ?? ''), now);
    const content = await this.#signed(await this.#withoutBcc(copy));
    const most = limits.recipientsPerDay ?? Number.POSITIVE_INFINITY;
    if (!(await takeDaily(parts.engine.vault, id, 'recipients', to.length, most, now))) {
      throw new EiderError('RATE_LIMITED', 'the account sends to more recipients than it may in a day');
    }
    const sender = wireAddress(from);
    const smtpUtf8 = sender.smtpUtf8 || needsUtf8(content.header);
    const { draft = null, reference, keepIn, transactionId: transaction = null } = options;
    const kept = keepIn === null ? copy : await this.#atRest(id, keepIn, copy);
    const stored = await storeSent(parts, id, {
      outgoing: {
        ...{ content, kind: 'submission', from: sender.address, to: to.map((one) => wireAddress(one).address) },
        ...{ smtpUtf8, created: now, due, onlyCopy: false },
      },
      copy: kept,
      keepIn,
      draft,
      forgetDraft: kept !== copy,
      reference: reference ? { ...reference, flag: reference.action === 'reply' ? '\\Answered' : '$Forwarded' } : null,
      data,
      transaction,
    });
    if (!stored) return null;
    return { queueId: queueIdOf(stored.outgoing), messageId: messageIdOf(copy) ?? '', stored: stored.stored };
  }

  async cancel(account: AccountId, queueId: string): Promise<number> {
    if (!QUEUE_ID.test(queueId)) return 0;
    return this.#parts.outbox.cancel(account, Number.parseInt(queueId, 16));
  }

  async senderFor(id: AccountId, address: string): Promise<string | null> {
    const account = await this.#parts.store.accounts.get(id);
    const wanted = attempt(() => normalizeAddress(address));
    if (wanted !== null && (await this.#maySend(account, wanted))) return wanted;
    return account.addresses[0] ?? null;
  }

  /** What the account keeps: the encrypted form, where its mail or that of the mailbox is encrypted. @throws `ENCRYPTION_FAILED`. */
  async #atRest(account: AccountId, keepIn: MailboxRef | undefined, copy: Content): Promise<Content> {
    const { parts } = this.#parts;
    const atRest = await parts.atRest?.of(account);
    if (!atRest) return copy;
    const mailbox = await parts.engine.read(account, (tx) =>
      keepIn === undefined ? findSentMailbox(tx) : resolveMailbox(tx, keepIn),
    );
    const encrypted = atRest.covers(mailbox?.id ?? NO_MAILBOX) ? await atRest.encrypted(() => this.#read(copy)) : null;
    return encrypted ?? copy;
  }

  /** Whether an address is the account's own, with a detail or not, or one of those that it may send from. */
  async #maySend(account: Account, address: string): Promise<boolean> {
    if (account.addresses.includes(address)) return true;
    const found = await this.#parts.store.accounts.resolveRecipient(address);
    if (found?.id === account.id) return true;
    const { sendAs } = await this.#parts.store.profiles.get(account.id);
    return sendAs.some((pattern) => matches(pattern, address));
  }

  /** With the fields that every message has. RFC 6409 section 8. */
  async #completed(content: Content, address: string, now: number): Promise<Content> {
    const fields = parseHeaderFields(asBuffer(content.header).toString('latin1'));
    const has = (name: string): boolean => fields.some((field) => field.name === name);
    const missing = [
      ...(has('date') ? [] : [`Date: ${mailDate(now)}\r\n`]),
      ...(has('message-id') ? [] : [`Message-ID: ${newMessageId(address)}\r\n`]),
      ...(has('from') || address === '' ? [] : [`From: <${wireAddress(address).address}>\r\n`]),
    ];
    if (missing.length === 0) return content;
    return this.#rewritten(Buffer.concat([Buffer.from(missing.join('')), content.header]), content);
  }

  /** What goes out says nothing of who else gets it. RFC 5322 section 3.6.3. */
  async #withoutBcc(content: Content): Promise<Content> {
    const header = asBuffer(content.header).toString('latin1');
    const stripped = header.replace(/^bcc[ \t]*:.*(?:\r?\n[ \t].*)*\r?\n/gim, '');
    return stripped === header ? content : this.#rewritten(Buffer.from(stripped, 'latin1'), content);
  }

  /** Signed for the domain of its author. RFC 6376. */
  async #signed(content: Content): Promise<Content> {
    const from = parseHeaderFields(asBuffer(content.header).toString('latin1'), (name) => name === 'from').at(-1);
    const host = from && parseAddresses(unfold(from.value)).find((one) => one.host !== null)?.host;
    const domain = host ? domainToASCII(host) : '';
    if (domain === '') return content;
    const fields = await this.#parts.dkim.sign(domain, this.#read(content)).catch((error: unknown) => {
      // A domain that is none has no keys.
      if (isEiderError(error, 'DOMAIN_INVALID')) return '';
      throw error;
    });
    return fields === '' ? content : this.#rewritten(Buffer.concat([Buffer.from(fields), content.header]), content);
  }

  /** The same message with another header. */
  #rewritten(header: Buffer, content: Content): Promise<Content> {
    const body = this.#read(content, content.header.length);
    return splitMessage(
      (async function* () {
        yield header;
        yield* body;
      })(),
      this.#parts.parts.blobs,
    );
  }

  #read(content: Content, from = 0): AsyncIterable<Buffer> {
    return new MessageBody(content, content.tree, this.#parts.parts.blobs).read(from);
  }
}

/** Makes the report on a submission that failed; forwards and replies are not reported on. */
export function reportFailures(parts: StoreContext, host: string | undefined): ReportFailure {
  return async ({ account, kind, from, to, created, error, header }) => {
    if (kind !== 'submission' || from === '') return null;
    const name = host ?? hostname();
    const domain = splitAddress(from)?.domain ?? name;
    const report = composeFailureReport(
      {
        ...{ from, recipient: null, to, reply: error, host: name },
        postmaster: `postmaster@${domain}`,
        header,
        arrived: created,
      },
      Date.now(),
    );
    return report && reportAtRest(parts, account, report.message);
  };
}

/** A report has the header of the message. `null` where it cannot be encrypted: the error stands with the mail that failed. */
async function reportAtRest(parts: StoreContext, account: AccountId, message: Uint8Array): Promise<Content | null> {
  const atRest = await parts.atRest?.of(account);
  const inbox = atRest ? await parts.engine.read(account, (tx) => resolveMailbox(tx, 'INBOX')) : null;
  if (!atRest || !inbox || !atRest.covers(inbox.id)) return splitMessage(message, parts.blobs);
  return atRest.take(message, undefined).catch((error: unknown) => {
    if (isEiderError(error, 'ENCRYPTION_FAILED')) return null;
    throw error;
  });
}

/** @throws `ADDRESS_INVALID`, `INVALID_ARGUMENT`, `LIMIT_EXCEEDED`. */
function recipientsOf(given: readonly string[]): string[] {
  if (given.length > MAX_SUBMISSION_RECIPIENTS) {
    throw new EiderError('LIMIT_EXCEEDED', `a message has at most ${MAX_SUBMISSION_RECIPIENTS} recipients`);
  }
  const to = [...new Set(given.map(normalizeAddress))];
  if (to.length === 0) throw new EiderError('INVALID_ARGUMENT', 'a message has at least one recipient');
  return to;
}

function requireTime(date: Date | undefined): number | undefined {
  const time = date?.getTime();
  if (time === undefined || Number.isSafeInteger(time)) return time;
  throw new EiderError('INVALID_ARGUMENT', 'the time to send at is no time');
}

function requireName(name: string | undefined): void {
  if (name === undefined || (name !== '' && name.length <= MAX_NAME && !/[\x00-\x1f\x7f]/.test(name))) return;
  throw new EiderError('INVALID_ARGUMENT', `a submission has a name of 1 to ${MAX_NAME} characters`);
}

/** `*` stands for any characters. */
function matches(pattern: string, address: string): boolean {
  const parts = pattern.toLowerCase().normalize('NFC').split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return address === first;
  if (parts.length > 2 || address.length < first.length + last.length) return false;
  return address.startsWith(first) && address.endsWith(last);
}

function messageIdOf({ header }: Content): string | null {
  const field = parseHeaderFields(asBuffer(header).toString('latin1'), (name) => name === 'message-id').at(-1);
  return field ? parseMessageId(unfold(field.value)) : null;
}

function queueIdOf(uid: number): string {
  return uid.toString(16).padStart(24, '0');
}

function attempt<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}
