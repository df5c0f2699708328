/** Copies the octets of an account's messages, and what is known of each, to another store. */

import type { StoredContent } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import { MessageBody } from '../mime/message-body.ts';
import { splitMessage } from '../mime/split-message.ts';
import type { Content } from '../model/content.ts';
import type { ContentId } from '../model/ids.ts';
import { requireGoing, type Transfer } from './transfer.ts';

/** Contents read at once. */
const PAGE = 20;
/** Octets on the fast tier that go into one transaction; one content may have more. */
const BATCH_OCTETS = 4 * 1024 * 1024;

interface ReadyContent {
  readonly contentId: ContentId;
  readonly content: Content;
}

/**
 * Copies all contents after one. Each is put together and split once more, so that the target's attachments hold its
 * blobs, and what is kept beside the octets is as if they had just come.
 *
 * @throws `STORE_CORRUPT` for octets that are not what their digest says, `BLOB_MISSING`, `BLOB_CORRUPT`.
 */
export async function copyContents(transfer: Transfer, copied: ContentId): Promise<void> {
  const { from, account } = transfer;
  await countEarlier(transfer, copied);
  let after = copied;
  for (;;) {
    const position = after;
    const page = await from.engine.read(account, (tx) => tx.contents(position, PAGE));
    if (page.length === 0) return;
    let batch: ReadyContent[] = [];
    let octets = 0;
    for (const stored of page) {
      requireGoing(transfer);
      const ready = { contentId: stored.contentId, content: await splitAgain(transfer, stored) };
      batch.push(ready);
      octets += ready.content.header.length + ready.content.text.length;
      if (octets < BATCH_OCTETS) continue;
      await putContents(transfer, batch);
      batch = [];
      octets = 0;
    }
    await putContents(transfer, batch);
    after = (page.at(-1) as StoredContent).contentId;
  }
}

async function countEarlier({ to, account, onProgress }: Transfer, copied: ContentId): Promise<void> {
  for (let after = 0; onProgress && after < copied; ) {
    const position = after;
    const page = await to.engine.read(account, (tx) => tx.contents(position, PAGE));
    if (page.length === 0) return;
    for (const { body } of page) onProgress('contents', 1, body.size, true);
    after = (page.at(-1) as StoredContent).contentId;
  }
}

async function splitAgain(
  { from, to, signal }: Transfer,
  { contentId, digest, body, tree }: StoredContent,
): Promise<Content> {
  const octets = new MessageBody(body, tree, from.blobs).read();
  const content = await splitMessage(octets, to.blobs, signal ? { signal } : {});
  if (content.digest !== digest) {
    throw new EiderError('STORE_CORRUPT', `content ${contentId} is not what its digest says: "eider check --rehash"`);
  }
  return content;
}

async function putContents({ to, account, onProgress }: Transfer, contents: readonly ReadyContent[]): Promise<void> {
  if (contents.length === 0) return;
  await to.engine.transfer.put(account, { kind: 'contents', contents });
  for (const { content } of contents) onProgress?.('contents', 1, content.size, false);
}
