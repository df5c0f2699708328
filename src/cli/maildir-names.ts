/** Names in a Maildir: of files, which carry the flags, and of folders, Maildir++. */

import { decodeModifiedUtf7, encodeModifiedUtf7 } from '../imap/wire/mailbox-name.ts';
import { SYSTEM_FLAGS } from '../model/flags.ts';
import { HIERARCHY_DELIMITER } from '../model/mailbox.ts';

/** Letters behind `:2,` and the flags they mean; others are keywords of the folder's list. */
const LETTERS: readonly (readonly [letter: string, flag: string])[] = [
  ['D', '\\Draft'],
  ['F', '\\Flagged'],
  ['P', '$Forwarded'],
  ['R', '\\Answered'],
  ['S', '\\Seen'],
  ['T', '\\Deleted'],
];
const MOST_KEYWORDS = 26;
const LETTER_A = 'a'.charCodeAt(0);

/** Name of the file that lists a folder's keywords, one in a line: its number from 0, a space, the keyword. */
export const KEYWORDS_FILE = 'dovecot-keywords';

/** A message file's name taken apart. */
export interface MaildirFileName {
  /** What stays the same when flags change. */
  readonly unique: string;
  readonly flags: readonly string[];
  /** Delivery time by the name's leading seconds, in milliseconds since 1970; `null` when it has none. */
  readonly time: number | null;
}

/** Takes a file name apart; `keywords` are the folder's, by letter from `a`. */
export function parseMaildirFileName(name: string, keywords: readonly string[] = []): MaildirFileName {
  // Where a colon is not allowed in a name, `;` and `!` stand for it.
  const match = /^(.*?)[:;!]2,([A-Za-z]*)$/.exec(name);
  const unique = match?.[1] ?? name;
  const flags: string[] = [];
  for (const letter of match?.[2] ?? '') {
    const flag = LETTERS.find(([known]) => known === letter)?.[1] ?? keywords[letter.charCodeAt(0) - LETTER_A];
    if (flag) flags.push(flag);
  }
  const seconds = /^(\d{6,12})\b/.exec(unique)?.[1];
  return { unique, flags, time: seconds === undefined ? null : Number(seconds) * 1000 };
}

/** Gives the keywords of one exported folder their letters. */
export class MaildirKeywords {
  readonly #letters = new Map<string, string>();
  /** Keywords that found no letter any more. */
  readonly dropped: Set<string> = new Set<string>();

  /** What stands behind `:2,`, letters in ASCII order. Keywords beyond 26 are {@link MaildirKeywords.dropped}. */
  info(flags: readonly string[]): string {
    const letters: string[] = [];
    for (const flag of flags) {
      const known = LETTERS.find(([, name]) => name.toLowerCase() === flag.toLowerCase())?.[0];
      const letter = known ?? this.#letterOf(flag);
      if (letter) letters.push(letter);
    }
    return letters.sort().join('');
  }

  /** The folder's list as {@link KEYWORDS_FILE} holds it; `''` when there is none. */
  list(): string {
    return [...this.#letters.keys()].map((keyword, index) => `${index} ${keyword}\n`).join('');
  }

  #letterOf(flag: string): string | undefined {
    if ((SYSTEM_FLAGS as readonly string[]).includes(flag)) return undefined;
    if (!this.#letters.has(flag)) {
      if (this.#letters.size >= MOST_KEYWORDS) {
        this.dropped.add(flag);
        return undefined;
      }
      this.#letters.set(flag, String.fromCharCode(LETTER_A + this.#letters.size));
    }
    return this.#letters.get(flag);
  }
}

/** Reads the form of {@link MaildirKeywords.list}. */
export function parseMaildirKeywords(text: string): string[] {
  const keywords: string[] = [];
  for (const match of text.matchAll(/^(\d{1,2}) (\S+)\r?$/gm)) {
    const index = Number(match[1]);
    if (index < MOST_KEYWORDS) keywords[index] = match[2] as string;
  }
  return keywords;
}

// Maildir++ separates levels with dots; a dot within one is written in modified UTF-7, as clients' names are.
const DOT = '&AC4-';

/** The folder of a mailbox: `''` for INBOX, `.Work.2024` for `Work/2024`. */
export function maildirFolder(path: string): string {
  if (path === 'INBOX') return '';
  const levels = path.split(HIERARCHY_DELIMITER).map((level) => level.split('.').map(encodeModifiedUtf7).join(DOT));
  return `.${levels.join('.')}`;
}

/** The path of a folder: `''` for `''`, `Work/2024` for `.Work.2024`. A name that is no modified UTF-7 is left as it is. */
export function maildirPath(folder: string): string {
  const levels = folder.replace(/^\./, '').split('.');
  return levels.map(decodeLevel).join(HIERARCHY_DELIMITER);
}

function decodeLevel(level: string): string {
  const parts = level.split(DOT).map(decodeModifiedUtf7);
  return parts.includes(null) ? level : parts.join('.');
}
