/** Labels as Gmail tells them by IMAP: mailboxes, and flags that look like some. X-GM-EXT-1. */

import { FLAGGED } from '../model/flags.ts';
import type { Mailbox, SpecialUse } from '../model/mailbox.ts';
import type { SearchQuery } from '../model/search-query.ts';
import { formatMailbox, quoted } from './wire/write-string.ts';

/** Labels that are mailboxes of a special use. Clients may also write the special use itself. */
const USES: ReadonlyMap<SpecialUse, string> = new Map<SpecialUse, string>([
  ['\\Sent', '\\Sent'],
  ['\\Drafts', '\\Draft'],
  ['\\Trash', '\\Trash'],
  ['\\Junk', '\\Spam'],
]);

const INBOX = '\\Inbox';
const STARRED = '\\Starred';
const IMPORTANT = '\\Important';
/** RFC 8457. */
const IMPORTANT_KEYWORD = '$Important';

/** Labels that are flags. */
export const LABEL_FLAGS: readonly string[] = ['\\Flagged', IMPORTANT_KEYWORD];

/** What labels come to: mailboxes by path, and flags. */
export interface ReadLabels {
  readonly paths: readonly string[];
  readonly flags: readonly string[];
}

/** What is known of a message. */
export interface LabelledMessage {
  readonly mask: number;
  readonly keywords: string;
  /** The mailboxes it is in, but for the selected one. */
  readonly labels?: readonly Mailbox[];
}

/** `X-GM-LABELS ("\\Inbox" Work)`. */
export function formatLabels({ mask, keywords, labels = [] }: LabelledMessage, utf8: boolean): string {
  const names = labels.map((mailbox) => {
    const name = labelOf(mailbox);
    return name ? quoted(name) : formatMailbox(mailbox.path, utf8);
  });
  if ((mask & FLAGGED) !== 0) names.push(quoted(STARRED));
  if (keywords.toLowerCase().split(' ').includes(IMPORTANT_KEYWORD.toLowerCase())) names.push(quoted(IMPORTANT));
  return `X-GM-LABELS (${names.join(' ')})`;
}

/** What labels that a client names stand for; `null` when one of them is unknown. */
export function readLabels(labels: readonly string[], mailboxes: readonly Mailbox[]): ReadLabels | null {
  const paths: string[] = [];
  const flags: string[] = [];
  for (const label of labels) {
    const name = label.toLowerCase();
    const system = label.startsWith('\\') ? mailboxes.find((one) => isNamed(one, name)) : undefined;
    if (!label.startsWith('\\')) paths.push(label);
    else if (name === STARRED.toLowerCase() || name === '\\flagged') flags.push('\\Flagged');
    else if (name === IMPORTANT.toLowerCase()) flags.push(IMPORTANT_KEYWORD);
    else if (system) paths.push(system.path);
    else return null;
  }
  return { paths, flags };
}

/** The search for messages with a label; an unknown one has none. */
export function labelQuery(label: string, mailboxes: readonly Mailbox[]): SearchQuery {
  const read = readLabels([label], mailboxes);
  if (read?.flags[0] === IMPORTANT_KEYWORD) return { key: 'keyword', keyword: IMPORTANT_KEYWORD, set: true };
  if (read?.flags[0] !== undefined) return { key: 'flag', mask: FLAGGED, set: true };
  const mailbox = mailboxes.find(({ path }) => path === read?.paths[0]);
  return mailbox ? { key: 'mailbox', id: mailbox.id } : { key: 'not', of: { key: 'all' } };
}

/** The system label of a mailbox, or `null` for one that is called by its path. */
function labelOf({ path, specialUse }: Mailbox): string | null {
  if (path === 'INBOX') return INBOX;
  return specialUse === null ? null : (USES.get(specialUse) ?? null);
}

function isNamed(mailbox: Mailbox, name: string): boolean {
  return labelOf(mailbox)?.toLowerCase() === name || mailbox.specialUse?.toLowerCase() === name;
}
