/** A message that is given field by field, together with what it refers to in the store. */

import { Readable } from 'node:stream';
import type { Account } from '../../model/account.ts';
import { parseFileId } from '../../model/object-ids.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { ApiError } from '../problems.ts';
import { composeMessage, type GivenMessage, type StoredPart } from './compose.ts';
import type { Referred } from './reference.ts';

/** A message that can be written. */
export interface DraftMessage {
  /** With what was not given taken from what it refers to. */
  readonly given: GivenMessage;
  /** The address that it is sent from; `null` for none. */
  readonly from: string | null;
  /** Its octets. To be called once. */
  write(): Readable;
}

/**
 * Puts a message together.
 *
 * @param files ids of files of the account
 * @throws {@link ApiError} `FileNotFound`, `InputValidationError`.
 */
export async function draftMessage(
  store: MessageStore,
  account: Account,
  fields: GivenMessage,
  referred: Referred | null,
  files: readonly string[],
): Promise<DraftMessage> {
  const given: GivenMessage = { ...referred?.defaults, ...withoutAbsent(fields) };
  const from = given.from
    ? await store.submissions.senderFor(account.id, given.from.address)
    : (account.addresses[0] ?? null);
  const name = given.from?.name ?? (given.from ? '' : (await store.profiles.get(account.id)).displayName);
  const parts = [...(referred?.parts ?? []), ...(await readFiles(store, account, files))];
  return {
    given,
    from,
    write: () =>
      composeMessage(given, {
        from: from === null ? null : { name, address: from },
        thread: referred?.thread ?? { inReplyTo: null, references: [] },
        parts,
      }),
  };
}

async function readFiles(store: MessageStore, account: Account, files: readonly string[]): Promise<StoredPart[]> {
  const parts: StoredPart[] = [];
  for (const file of files) {
    const id = parseFileId(account.id, file);
    const found = id === null ? null : await store.files.get(account.id, id);
    if (!found) throw new ApiError('FileNotFound', 'this file does not exist');
    const { name: filename, contentType, cid } = found;
    parts.push({ filename, contentType, read: () => Readable.from(found.read()), ...(cid !== '' && { cid }) });
  }
  return parts;
}

function withoutAbsent(fields: GivenMessage): GivenMessage {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
