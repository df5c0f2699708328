/** Where a command gets a password from: an option, standard input, or chance. */

import { randomInt } from 'node:crypto';
import { UsageError } from './command.ts';

/** Options of commands that set a password. */
export const passwordArgs = {
  password: { type: 'string', valueHint: 'P', description: 'Password; other programs can see it in the process list' },
  'password-stdin': { type: 'boolean', description: 'Read the password from the first line of standard input' },
} as const;

// Without letters and digits that are mistaken for one another; 20 of 54 are 115 bits.
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const LENGTH = 20;
const MAX_LINE = 4096;

/** A password, and whether nobody but eider knows it yet. */
export interface ChosenPassword {
  readonly password: string;
  readonly isNew: boolean;
}

/** Takes the password that the options name, or makes one. */
export async function choosePassword(args: {
  readonly password?: string | undefined;
  readonly 'password-stdin'?: boolean | undefined;
}): Promise<ChosenPassword> {
  if (args['password-stdin']) {
    if (args.password !== undefined) throw new UsageError('--password and --password-stdin are both given');
    return { password: await readFirstLine(), isNew: false };
  }
  if (args.password === '') throw new UsageError('the password is empty');
  return args.password === undefined
    ? { password: randomPassword(), isNew: true }
    : { password: args.password, isNew: false };
}

/** A password of 20 letters and digits. */
export function randomPassword(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

async function readFirstLine(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (chunk.includes(0x0a) || length > MAX_LINE) break;
  }
  const line = (Buffer.concat(chunks).toString('utf8').split('\n', 1)[0] as string).replace(/\r$/, '');
  if (line === '') throw new UsageError('standard input holds no password');
  if (length > MAX_LINE && line.length > MAX_LINE) throw new UsageError('the password is too long');
  return line;
}
