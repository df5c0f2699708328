/** A file that says what was sent: a line for each mail. */

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { SendMail } from '../../src/model/outgoing-mail.ts';

/** A mail that was sent. */
export interface SentMail {
  /** Of the message that it was sent because of. */
  readonly token: number;
  readonly kind: 'forward' | 'autoReply';
  readonly to: string;
}

/** What is in the file. */
export function logOf(file: string): SentMail[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [token, kind, to] = line.split(' ') as [string, SentMail['kind'], string];
      return { token: Number(token), kind, to };
    });
}

/** Sends into the file, as the processes do. */
export function sendInto(file: string): SendMail {
  return async ({ kind, to, read }) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of read()) chunks.push(chunk);
    const [, token] = /<(\d+)@made\.example>/.exec(Buffer.concat(chunks).toString('latin1')) ?? [];
    appendFileSync(file, `${token} ${kind} ${to}\n`, { flush: true });
  };
}
