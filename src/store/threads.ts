/** Which conversation a message belongs to: by References and subject, as Gmail does. */

import type { WriteTransaction } from '../engine/engine.ts';
import type { MessageSummary } from '../model/content.ts';
import type { ThreadId } from '../model/ids.ts';

/**
 * Finds the thread of a new message, or starts one. A message joins a thread that it refers to, or that refers to it,
 * when their base subjects are the same (RFC 5256 section 2.1); a reply with another subject starts a thread.
 */
export async function assignThread(tx: WriteTransaction, summary: MessageSummary): Promise<ThreadId> {
  const keys = threadKeys(summary);
  // Of several that are found the oldest is taken, so that the answer does not depend on the order of arrival of replies.
  const threadId = (await tx.threads(keys))[0] ?? (await tx.newThread());
  await tx.bindThread(threadId, keys);
  return threadId;
}

/** What a message shares with those of its thread: the ids that it names, each with the subject. */
export function threadKeys({ messageId, references, baseSubject }: MessageSummary): string[] {
  const ids = messageId === null ? references : [messageId, ...references];
  return ids.map((id) => `${id}\n${baseSubject}`);
}
