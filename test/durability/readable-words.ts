/** Words that must not be readable anywhere, messages full of them, and a look for them in files. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where in a message each word stands. Long ones, so that no cipher text has their base64 by chance. */
const WORDS = {
  subject: 'cinnabarlike',
  field: 'realgarstone',
  copied: 'orpimentdust',
  text: 'quicksilvery',
  quoted: 'zinnoberrötlich',
  file: 'mercurialist',
  fileName: 'vermilionish',
} as const;

const EDGE = 'edge-of-a-part';

/** A message of about `octets` octets, a third of them text, the rest an attachment in base64. */
export function wordyMessage(token: number, octets: number): Buffer {
  const text = `amalgam ${`${WORDS.text} ${token} `.repeat(6)}`;
  const quoted = `${quotedPrintable(WORDS.quoted)} =E2=82=AC${token}=\r\n`;
  const file = Buffer.alloc(Math.floor(octets / 2), `${WORDS.file} ${token}; `).toString('base64');
  return Buffer.from(
    [
      `From: eve${token}@example.net`,
      'To: ann@example.org, bob@example.org',
      `Cc: ${WORDS.copied} <c@example.net>`,
      `Subject: ${WORDS.subject} =?utf-8?B?${Buffer.from(WORDS.subject).toString('base64')}?=`,
      `Message-ID: <${token}@made.example>`,
      `X-Note: ${WORDS.field}`,
      'MIME-Version: 1.0',
      `Content-Type: multipart/mixed; boundary="${EDGE}"`,
      '',
      `--${EDGE}`,
      'Content-Type: text/plain',
      '',
      `${text}\r\n`.repeat(Math.ceil(octets / 6 / text.length)),
      `--${EDGE}`,
      'Content-Type: text/html; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      quoted.repeat(Math.ceil(octets / 6 / quoted.length)),
      `--${EDGE}`,
      'Content-Type: application/octet-stream',
      `Content-Disposition: attachment; filename="${WORDS.fileName}.bin"`,
      'Content-Transfer-Encoding: base64',
      '',
      file.replace(/.{76}/g, '$&\r\n'),
      `--${EDGE}--`,
      '',
    ].join('\r\n'),
  );
}

/** Every word in every form in which it could be read, and what that form is called. */
const NEEDLES: ReadonlyMap<string, string> = new Map(
  Object.values(WORDS).flatMap((word): [string, string][] => [
    ...[0, 1, 2].map((offset): [string, string] => [base64Within(word, offset), `${word} in base64`]),
    [quotedPrintable(word), `${word} in quoted-printable`],
    [word.normalize('NFKD').replace(/\p{M}/gu, ''), `${word} as a term of search`],
    [word, `${word} in ISO 8859-1`],
    [Buffer.from(word).toString('latin1'), word],
  ]),
);

/** Which of the words can be read in octets, and in which form. */
export function wordsIn(octets: Buffer): string[] {
  return [...NEEDLES].filter(([needle]) => octets.includes(needle, 0, 'latin1')).map(([, form]) => form);
}

/** The same for all files below a folder, and for their names. */
export function wordsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path) =>
      wordsIn(Buffer.concat([Buffer.from(path), readFileSync(path)])).map((form) => `${form}: ${path}`),
    );
}

/** The same for all files that a process has open, also those without a name; of none where the system does not tell. */
export function wordsOpenIn(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .flatMap((path) => wordsIn(readFileSync(path)).map((form) => `${form}: an open file`));
}

/** What base64 makes of a word that begins `offset` octets after a group of three does, without what it shares. */
function base64Within(word: string, offset: number): string {
  const octets = Buffer.from(word);
  const start = (3 - offset) % 3;
  const whole = octets.subarray(start, start + Math.floor((octets.length - start) / 3) * 3);
  return whole.toString('base64');
}

function quotedPrintable(word: string): string {
  return [...Buffer.from(word)]
    .map((octet) => (octet < 0x80 ? String.fromCharCode(octet) : `=${octet.toString(16).toUpperCase()}`))
    .join('');
}
