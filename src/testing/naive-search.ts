/** Search by looking at each message: what an engine's answers are compared with. */

import type { FetchedRecord, NewMessage } from '../engine/records.ts';
import type { SearchText } from '../model/content.ts';
import type { MailboxId } from '../model/ids.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { foldText, words } from '../model/tokens.ts';
import { madeSearchText } from './make-content.ts';

/** A message as it was added, and as it is now. */
export interface SearchSubject {
  readonly added: NewMessage;
  readonly record: FetchedRecord;
  /** Where it is. */
  readonly mailboxes: ReadonlySet<MailboxId>;
}

const DAY = 86_400_000;

/** Whether a message matches, by the definitions of {@link SearchQuery} read literally. */
export function matchesNaively(subject: SearchSubject, query: SearchQuery, now: number): boolean {
  const { added, record, mailboxes } = subject;
  const again = (inner: SearchQuery): boolean => matchesNaively(subject, inner, now);
  const { summary } = added.content;
  switch (query.key) {
    case 'all':
      return true;
    case 'and':
      return query.of.every(again);
    case 'or':
      return query.of.some(again);
    case 'not':
      return !again(query.of);
    case 'uid':
      return query.set.has(record.uid);
    case 'flag':
      return ((record.mask & query.mask) === query.mask) === query.set;
    case 'keyword':
      return record.keywords.toLowerCase().split(' ').includes(query.keyword.toLowerCase()) === query.set;
    case 'from':
    case 'to':
    case 'cc':
    case 'bcc':
    case 'subject':
      return fieldHas(added, query.key, query.text);
    case 'header':
      return fieldHas(added, query.field, query.text);
    case 'body':
      return wordsStart(madeSearchText(added.content).body, query.text);
    case 'text':
      return wordsStart(allWords(madeSearchText(added.content)), query.text);
    case 'larger':
      return record.size > query.octets;
    case 'smaller':
      return record.size < query.octets;
    case 'internalDay':
      return within(Math.floor(record.internalDate / DAY), query);
    case 'saveDay':
      return within(Math.floor(record.saveDate / DAY), query);
    case 'sentDay':
      return within(summary.sentDay ?? Math.floor(record.internalDate / DAY), query);
    case 'younger':
      return now - record.internalDate <= query.seconds * 1000;
    case 'older':
      return now - record.internalDate >= query.seconds * 1000;
    case 'modSeq':
      return record.modSeq >= query.from;
    case 'emailId':
      return record.emailId === query.id;
    case 'contentId':
      return record.contentId === query.id;
    case 'threadId':
      return record.threadId === query.id;
    case 'mailbox':
      return mailboxes.has(query.id);
    case 'attachment':
      return summary.hasAttachment && foldText(fileNameOf(added)).includes(foldText(query.text));
  }
}

function fileNameOf({ content }: NewMessage): string {
  const [name] = content.tree.disposition?.parameters ?? [];
  return name ? Buffer.from(name[1], 'latin1').toString() : '';
}

function fieldHas({ content }: NewMessage, field: string, text: string): boolean {
  return Buffer.from(content.header)
    .toString()
    .split('\r\n')
    .some((line) => {
      const colon = line.indexOf(':');
      if (colon < 0 || line.slice(0, colon).toLowerCase() !== field.toLowerCase()) return false;
      return foldText(line.slice(colon + 1).trim()).includes(foldText(text));
    });
}

function allWords({ header, body }: SearchText): string {
  return `${header} ${body}`;
}

function wordsStart(text: string, wantedText: string): boolean {
  if (wantedText === '') return true;
  const list = text.split(' ');
  const wanted = words(wantedText);
  return wanted.length > 0 && wanted.every((word) => list.some((have) => have.startsWith(word)));
}

function within(day: number, { from, before }: { readonly from?: number; readonly before?: number }): boolean {
  return (from === undefined || day >= from) && (before === undefined || day < before);
}
