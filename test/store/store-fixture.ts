/** Stores for tests on the engine under test, each with an account, and messages for them. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import type { OpenStoreOptions } from '../../src/open-store.ts';
import type { CreateAccountOptions, FetchedMessage, MailboxRef, MessageStore } from '../../src/store/message-store.ts';
import { openTestedStore } from '../engine-under-test.ts';

/** Every UID. */
export const ALL = UidSet.range(1, 0xffffffff);

/** A store and an account in it. */
export interface Fixture {
  readonly store: MessageStore;
  readonly account: string;
}

/** A folder that is removed when the test has ended. */
export async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'eider-store-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Opens a store, a new one unless a place is given; closed when the test has ended, after a check that finds nothing. */
export async function openTestStore(
  options: Partial<OpenStoreOptions> & {
    readonly account?: Partial<CreateAccountOptions>;
    readonly unchecked?: boolean;
  } = {},
): Promise<Fixture> {
  const { account, unchecked, ...open } = options;
  const store = await openTestedStore(open);
  onTestFinished(async () => {
    // Vitest runs this in reverse order, so before the folder goes away.
    if (!unchecked) await expectClean(store);
    await store.close();
  });
  const { id } = await store.accounts.create({ name: 'ann', ...account });
  return { store, account: id };
}

/** Expects that a check that reads everything finds nothing. */
export async function expectClean(store: MessageStore): Promise<void> {
  const findings = [];
  for await (const finding of store.maintenance.check({ rehash: true })) findings.push(finding);
  expect(findings).toEqual([]);
}

/** All messages of a mailbox, with their octets. */
export async function readAll(
  { store, account }: Fixture,
  mailbox: MailboxRef,
): Promise<(FetchedMessage & { raw: Buffer })[]> {
  const found = [];
  for await (const message of store.fetch(account, mailbox, ALL, { body: true })) {
    found.push({ ...message, raw: await octetsOf(message) });
  }
  return found;
}

/** The octets of a fetched message. */
export async function octetsOf({ body }: FetchedMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body?.read() ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** A small message. */
export function letter(subject: string, text = 'Hello.', fields: Record<string, string> = {}): string {
  const more = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `From: ann@made.example\r\nTo: bob@made.example\r\nSubject: ${subject}\r\n${more.join('')}\r\n${text}\r\n`;
}

/** A message with a file in base64, in lines of `width` characters. */
export function withFile(subject: string, file: Uint8Array, width = 76, eol = '\r\n'): Buffer {
  const encoded = Buffer.from(file).toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < encoded.length; at += width) lines.push(encoded.slice(at, at + width));
  return Buffer.from(
    [
      'From: ann@made.example',
      `Subject: ${subject}`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="edge"',
      '',
      '--edge',
      'Content-Type: text/plain',
      '',
      `About ${subject}.`,
      '--edge',
      'Content-Type: application/octet-stream; name="file.bin"',
      'Content-Disposition: attachment; filename="file.bin"',
      'Content-Transfer-Encoding: base64',
      '',
      ...lines,
      '--edge--',
      '',
    ].join(eol),
  );
}

/** Octets that do not compress, the same for the same seed. */
export function noise(length: number, seed = 1): Buffer {
  const octets = Buffer.allocUnsafe(length);
  let state = seed >>> 0;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    octets[at] = state >>> 24;
  }
  return octets;
}
