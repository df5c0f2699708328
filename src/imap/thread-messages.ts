/** What threading needs to know of messages. RFC 5256 section 3. */

import { parseHeaderFields, unfold } from '../mime/header-fields.ts';
import { parseMessageId, parseMessageIds } from '../mime/message-ids.ts';
import type { FetchedMessage } from '../store/message-store.ts';
import type { MailboxView } from './mailbox-view.ts';
import type { Session } from './session.ts';
import { readInTurns, sentDateOf, subjectOf } from './sort-keys.ts';
import type { Turns } from './turns.ts';
import { readEnvelope } from './wire/read-envelope.ts';

/** Of more references than this, the first and the last ones count. */
const MAX_REFERENCES = 100;

/** Columns of equal length, ascending by UID. */
export interface ThreadMessages {
  readonly uids: number[];
  /** Milliseconds since 1970. */
  readonly dates: number[];
  /** Base subjects as they are compared. */
  readonly subjects: string[];
  /** The subject says that the message is a reply. */
  readonly replies: boolean[];
  /** Normalized; `null` for none. */
  readonly ids: (string | null)[];
  /** Normalized, the oldest first. */
  readonly references: (readonly string[])[];
}

/** Reads the messages that are still there; ids and references only when they are wanted, as they lie in the headers. */
export async function readThreadMessages(
  session: Session,
  view: MailboxView,
  uids: readonly number[],
  withReferences: boolean,
  turns: Turns,
): Promise<ThreadMessages> {
  const messages: ThreadMessages = { uids: [], dates: [], subjects: [], replies: [], ids: [], references: [] };
  const names = new Names();
  const fields = { envelope: true, ...(withReferences && { header: true }) };
  await readInTurns(session, view, uids, fields, turns, (message) => {
    const { date, subject, messageId, inReplyTo } = readEnvelope(message.envelope ?? '');
    const { key, isReply } = subjectOf(subject);
    messages.uids.push(message.uid);
    messages.dates.push(sentDateOf(message, date));
    messages.subjects.push(names.one(key));
    messages.replies.push(isReply);
    if (!withReferences) return;
    messages.ids.push(messageId === null ? null : names.idOf(parseMessageId(messageId)));
    messages.references.push(names.referencesOf(message, inReplyTo));
  });
  return messages;
}

/** Keeps one string for all that are equal, as references repeat each other. */
class Names {
  readonly #known = new Map<string, string>();

  one(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.#known.set(text, text);
    return text;
  }

  /** RFC 5256 section 3: `<"a"@b>` is `<a@b>`. */
  idOf(id: string | null): string | null {
    if (id === null) return null;
    return this.one(
      id.includes('"') ? id.replace(/"((?:[^"\\]|\\.)*)"/g, (_, text) => text.replace(/\\(.)/g, '$1')) : id,
    );
  }

  /** References, or else the first id of In-Reply-To. */
  referencesOf({ header }: FetchedMessage, inReplyTo: string | null): readonly string[] {
    const text =
      header === undefined ? '' : Buffer.from(header.buffer, header.byteOffset, header.length).toString('latin1');
    const field = parseHeaderFields(text, (name) => name === 'references').at(-1);
    let ids = field === undefined ? [] : parseMessageIds(unfold(field.value));
    if (ids.length === 0 && inReplyTo !== null) ids = parseMessageIds(inReplyTo).slice(0, 1);
    if (ids.length > MAX_REFERENCES) ids = [...ids.slice(0, MAX_REFERENCES / 2), ...ids.slice(-MAX_REFERENCES / 2)];
    return ids.map((id) => this.idOf(id) as string);
  }
}
