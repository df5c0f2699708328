/** Data of programs about messages, as the API tells it. */

import { createHash } from 'node:crypto';
import type { JsonObject } from '../../model/account-profile.ts';
import type { AccountId, EmailId } from '../../model/ids.ts';
import type { FetchedMessage, MessageStore } from '../../store/message-store.ts';

/** The data of messages: one read. */
export function readMetaData(
  store: MessageStore,
  account: AccountId,
  messages: readonly FetchedMessage[],
): Promise<ReadonlyMap<EmailId, JsonObject>> {
  return store.messageData.get(
    account,
    messages.map(({ emailId }) => emailId),
  );
}

/** Tells one version of data from another. */
export function versionOf(data: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('base64url').slice(0, 12);
}
