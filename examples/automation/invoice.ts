/** What an invoice is, and what is done with it: its files are put into a folder, and the message gets a keyword. */

import path from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { type RestClient, RestClientError } from 'eider/rest/client';
import { writeDurably } from './durable-files.ts';

/** Where a message is. */
export interface Place {
  readonly user: string;
  readonly mailbox: string;
  readonly message: number;
}

const KEYWORD = 'Invoiced';
const WORDS = /invoice|rechnung|facture|factura|faktura|счёт/iu;
/** In UTF-8; file systems take 255. */
const MAX_NAME_OCTETS = 150;

/**
 * Files the invoice that a message may be, and marks it. What the API refuses of a single message, or falls over, is said,
 * and does not keep the others waiting; what passes, or concerns all, is thrown.
 */
export async function collect(client: RestClient, folder: string, place: Place): Promise<void> {
  try {
    await fileInvoice(client, folder, place);
  } catch (error) {
    if (!(error instanceof RestClientError) || isPassing(error) || isForAll(error)) throw error;
    console.error(`${place.user}: message ${place.message} in ${place.mailbox}: ${error.message}`);
  }
}

/** The server is away, or not well: another try will do. Of 500 it will not, as when a message is damaged. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof RestClientError) || error.status > 500 || error.status === 429;
}

const isForAll = ({ code }: RestClientError): boolean => code === 'InvalidToken' || code === 'MissingPrivileges';

/**
 * Each step comes to the same when it is done again, and the mark comes last: so however often this is begun, each file
 * is there once, and what is marked has all of its files.
 */
async function fileInvoice(client: RestClient, folder: string, { user, mailbox, message: uid }: Place): Promise<void> {
  const ofOne = { user, mailbox, message: uid };
  const message = await orGone(client.get('/users/{user}/mailboxes/{mailbox}/messages/{message}', ofOne));
  if (!message || message.keywords.includes(KEYWORD)) return;
  const files = message.attachments.filter(({ filename, contentType }) => isPdf(filename, contentType));
  if (!files.some(({ filename }) => WORDS.test(`${message.subject} ${filename}`))) return;
  for (const { id, filename } of files) {
    const from = `/users/${user}/mailboxes/${mailbox}/messages/${uid}/attachments/${id}`;
    const answer = await orGone(client.request('GET', from));
    // Where it has gone to, an event of its own tells.
    if (!answer) return;
    const octets = Readable.fromWeb(answer.body as ReadableStream<Uint8Array>);
    const name = await writeDurably(
      path.join(folder, user),
      octets,
      (hash) => `${hash.slice(0, 16)}-${safe(filename)}`,
    );
    console.log(`${user}: ${name}`);
  }
  const mark = { user, mailbox, message: String(uid), addKeywords: [KEYWORD] };
  await orGone(client.put('/users/{user}/mailboxes/{mailbox}/messages', mark));
}

/** Looks at all messages of a user. */
export async function collectAll(client: RestClient, folder: string, user: string): Promise<void> {
  const mailboxes = await orGone(client.get('/users/{user}/mailboxes', { user }));
  for (const { id: mailbox } of mailboxes?.results ?? []) {
    const ask = (cursor: Cursor) =>
      orGone(client.get('/users/{user}/mailboxes/{mailbox}/messages', { user, mailbox, limit: 250, ...cursor }));
    for await (const { id: message } of allOf(ask)) await collect(client, folder, { user, mailbox, message });
  }
}

/** Where a page of a list begins. */
export type Cursor = { readonly next?: string };

/** All entries of a list that comes in pages. */
export async function* allOf<Entry>(
  ask: (cursor: Cursor) => Promise<{ readonly results: readonly Entry[]; readonly nextCursor: string | false } | null>,
): AsyncGenerator<Entry, void, undefined> {
  for (let cursor: Cursor | null = {}; cursor; ) {
    const page: Awaited<ReturnType<typeof ask>> = await ask(cursor);
    yield* page?.results ?? [];
    cursor = page?.nextCursor ? { next: page.nextCursor } : null;
  }
}

const isPdf = (filename: string, contentType: string): boolean =>
  contentType === 'application/pdf' || filename.toLowerCase().endsWith('.pdf');

/** A name of our own making: what strangers call their files is no path of ours. */
function safe(filename: string): string {
  const { name } = path.parse(filename.replace(/[/\\]/g, '_'));
  const plain = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N} ._-]/gu, '_')
    .replace(/^[. ]+/, '');
  const whole = new TextDecoder().decode(Buffer.from(plain).subarray(0, MAX_NAME_OCTETS)).replace(/\uFFFD+$/, '');
  return `${whole || 'invoice'}.pdf`;
}

/** `null` for what is not there any more. */
async function orGone<T>(asking: Promise<T>): Promise<T | null> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof RestClientError && error.status === 404) return null;
    throw error;
  }
}
