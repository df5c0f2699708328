/** Messages as they really come, odd ones too, and a Maildir of them. */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Octets that look random and are the same each time. */
export function noise(seed: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash('sha256').update(`${seed} ${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

/** A message with an attachment in lines of the given length. */
export function withAttachment(subject: string, octets: Buffer, lineLength: number, eol = '\r\n'): Buffer {
  const lines = octets.toString('base64').match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
  const text = [
    `Subject: ${subject}`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'See the file.',
    '--b',
    'Content-Type: application/octet-stream; name=file.bin',
    'Content-Transfer-Encoding: base64',
    '',
    ...lines,
    '--b--',
    '',
  ];
  return Buffer.from(text.join(eol), 'latin1');
}

/** Messages that break something somewhere, by name. */
export function oddMessages(): Record<string, Buffer> {
  const file = noise('file', 50_000);
  return {
    plain: Buffer.from('Subject: plain\r\n\r\nHello.\r\n'),
    unix: Buffer.from('Subject: unix\n\nHello.\n\nFrom here on\n>From there\n>>From\nFrom \n'),
    noNewline: Buffer.from('Subject: no newline\r\n\r\nThe end'),
    emptyLines: Buffer.from('Subject: many empty lines\r\n\r\n\r\n\r\n\n\n\r\n'),
    fromFirst: Buffer.from('From nobody Thu Jul  8 12:08:34 2021\nSubject: begins with From_\n\nx\n'),
    binary: Buffer.concat([Buffer.from('Subject: binary\r\n\r\n'), noise('binary', 3000), Buffer.from('\n')]),
    nul: Buffer.from('Subject: n\0l\r\n\r\n\0\0\0\r\n'),
    bareCr: Buffer.from('Subject: bare\rCR\r\n\r\na\rb\r\rc\r\n'),
    noHeader: Buffer.from('\r\nbody only\r\n'),
    headerOnly: Buffer.from('Subject: header only'),
    utf8: Buffer.from('Subject: Привет, 世界 🦆\r\nFrom: Ann <ann@example.org>\r\n\r\nمرحبا\r\n'),
    attachment76: withAttachment('76', file, 76),
    attachment72: withAttachment('72', file, 72, '\n'),
    attachment60: withAttachment('60', file, 60),
    large: withAttachment('large', noise('large', 1_500_000), 76),
    noBoundary: Buffer.from('Content-Type: multipart/mixed; boundary=gone\r\n\r\nno parts at all\r\n'),
  };
}

/** A message in a Maildir folder. */
export interface StoredMessage {
  /** Folder relative to the Maildir; `''` for its top. */
  readonly folder: string;
  /** Letters behind `:2,`. */
  readonly letters: string;
  readonly octets: Buffer;
  /** Seconds since 1970. */
  readonly time: number;
}

/** Writes a Maildir. */
export async function writeMaildir(top: string, messages: readonly StoredMessage[]): Promise<void> {
  for (const [index, message] of messages.entries()) {
    const part = message.letters === 'new' ? 'new' : 'cur';
    for (const name of ['cur', 'new', 'tmp']) await mkdir(path.join(top, message.folder, name), { recursive: true });
    const info = part === 'new' ? '' : `:2,${message.letters}`;
    const file = path.join(top, message.folder, part, `${message.time}.M${index}P1.host${info}`);
    await writeFile(file, message.octets);
    await utimes(file, message.time, message.time);
  }
}

/** Reads all messages of a Maildir, in an order that does not depend on names. */
export async function readMaildir(
  top: string,
): Promise<{ folder: string; letters: string; digest: string; mtimeMs: number }[]> {
  const found = [];
  const folders = ['', ...(await readdir(top)).filter((name) => name.startsWith('.'))];
  for (const folder of folders) {
    for (const part of ['cur', 'new']) {
      for (const name of await readdir(path.join(top, folder, part))) {
        const file = path.join(top, folder, part, name);
        const digest = createHash('sha256')
          .update(await readFile(file))
          .digest('hex');
        found.push({
          folder,
          letters: /:2,(\w*)$/.exec(name)?.[1] ?? '',
          digest,
          mtimeMs: Math.round((await stat(file)).mtimeMs),
        });
      }
    }
  }
  return found.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
