/** A new message's rows. */

import type { NewMessage } from '../engine/records.ts';
import type { Content } from '../model/content.ts';
import type { ContentId, MailboxId, ModSeq, Uid } from '../model/ids.ts';
import type { Database } from './database.ts';
import { addPending } from './search-index.ts';
import { deflateText } from './text-compression.ts';

const DAY = 86_400_000;

/** Stores a content under a new id, with its terms waiting to be indexed. */
export function insertContent(db: Database, id: ContentId, content: Content): void {
  const { segments } = content;
  const onlyText = segments.length === 1 && segments[0]?.kind === 'text';
  db.run(
    'INSERT INTO content VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    id,
    content.size,
    Buffer.from(content.digest, 'hex'),
    content.summary.sentDate,
    content.envelope,
    content.bodyStructure,
    content.summary.preview,
    content.header,
    JSON.stringify(content.tree),
    onlyText ? '' : JSON.stringify(segments),
    deflateText(content.text),
  );
  let position = 0;
  for (const segment of segments) {
    if (segment.kind !== 'blob') continue;
    const blobId = Buffer.from(segment.blobId, 'hex');
    db.run(
      'INSERT INTO blobReference VALUES (?, ?, ?, ?, ?)',
      id,
      position++,
      blobId,
      segment.length,
      segment.blobSize,
    );
  }
  addPending(db, id, content.hasAllText ? null : content.searchText);
}

/** A message's place in a mailbox. */
export interface NewPlacement {
  readonly mailboxId: MailboxId;
  readonly uid: Uid;
  /** Names both the message and its content. */
  readonly id: number;
  readonly modSeq: ModSeq;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly message: NewMessage;
}

/** Puts a new message into a mailbox. */
export function insertPlacement(db: Database, placement: NewPlacement): void {
  const { message } = placement;
  db.run(
    'INSERT INTO placement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    placement.mailboxId,
    placement.uid,
    placement.id,
    placement.id,
    message.threadId,
    placement.modSeq,
    message.flags.mask,
    message.flags.keywords,
    message.internalDate,
    placement.now,
    // RFC 9051 section 6.4.4 leaves a message without a Date to the server; its arrival is the best that is known.
    message.content.summary.sentDay ?? Math.floor(message.internalDate / DAY),
    message.content.size,
  );
}
