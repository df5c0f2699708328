/** Signs messages: the DKIM-Signature fields of one reading of the octets. RFC 6376 sections 3.5 to 3.7 and 5. */

import { createHash, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { EiderError } from '../errors.ts';
import { crlfLines } from '../model/crlf-lines.ts';
import type { DkimAlgorithm, DkimSignOptions } from '../model/dkim.ts';
import { BodyHash, type CanonicalField, canonicalFields, relaxed } from './dkim-canonical.ts';

/** Most octets of a header that is signed. */
export const MAX_SIGNED_HEADER: number = 1024 * 1024;

/**
 * Signed as often as they are there and once more, so that none can be added (section 8.15): what a reader sees, and
 * what says how the body is to be read.
 */
const SEALED = [
  'From',
  'To',
  'Cc',
  'Subject',
  'Date',
  'Reply-To',
  'Message-ID',
  'In-Reply-To',
  'References',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
] as const;

/** Signed where they are there: those after us may add some for good reasons. Section 5.4.1. */
const SIGNED = [
  'Sender',
  'Auto-Submitted',
  'Content-ID',
  'Content-Description',
  'Content-Disposition',
  'Resent-From',
  'Resent-To',
  'Resent-Cc',
  'Resent-Date',
  'Resent-Message-ID',
  'List-ID',
  'List-Help',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'List-Subscribe',
  'List-Post',
  'List-Owner',
  'List-Archive',
] as const;

/** Most fields of one name that are signed: a flood of them must not make a flood of names. */
const MAX_INSTANCES = 20;
const LINE = 76;

/** Who signs. */
export interface DkimSigner {
  /** With A-labels. */
  readonly domain: string;
  readonly selector: string;
  /** Private, RSA or Ed25519. */
  readonly key: KeyObject;
}

const signAsync = promisify(
  (algorithm: string | null, data: Buffer, key: KeyObject, done: (error: Error | null, signature: Buffer) => void) =>
    sign(algorithm, data, key, done),
);

/**
 * The fields to be put before the message, in the order of the signers, each with CRLF.
 *
 * @param now milliseconds since 1970
 * @throws `LIMIT_EXCEEDED`, `ABORTED`, `INVALID_ARGUMENT`, and what `message` throws.
 */
export async function signMessage(
  message: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signers: readonly DkimSigner[],
  { validSeconds, signal }: DkimSignOptions = {},
  now: number = Date.now(),
): Promise<string> {
  if (validSeconds !== undefined && !(Number.isSafeInteger(validSeconds) && validSeconds > 0)) {
    throw new EiderError('INVALID_ARGUMENT', 'a signature is valid for a whole number of seconds');
  }
  if (signers.length === 0) return '';
  const { fields, bodyHash } = await digestMessage(message, signal);
  const time = Math.floor(now / 1000);
  const ends = validSeconds === undefined ? '' : ` x=${time + validSeconds};`;
  const names = namesToSign(fields);
  const signed = signers.map(async ({ domain, selector, key }) => {
    const field =
      `DKIM-Signature: v=1; a=${algorithmOf(key)}; c=relaxed/relaxed;\r\n t=${time};${ends}\r\n` +
      ` d=${domain};\r\n s=${selector};\r\n${foldNames(names)};\r\n bh=${bodyHash};\r\n b=`;
    const signature = await signOctets(octetsToSign(fields, names, field), key);
    return `${field}${foldBase64(signature.toString('base64'))}\r\n`;
  });
  return (await Promise.all(signed)).join('');
}

/** What a key signs with. @throws `UNSUPPORTED` for one of another kind. */
export function algorithmOf(key: KeyObject): DkimAlgorithm {
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519-sha256';
  if (key.asymmetricKeyType === 'rsa') return 'rsa-sha256';
  throw new EiderError('UNSUPPORTED', `DKIM has no keys of the type ${key.asymmetricKeyType}`);
}

/** Fields and the digest of the body. Reads the message once. */
export async function digestMessage(
  message: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<{ readonly fields: readonly CanonicalField[]; readonly bodyHash: string }> {
  // An empty line at the very beginning ends a header without fields.
  let header: Buffer[] | null = [Buffer.from('\r\n')];
  let size = 0;
  let tail: Buffer = header[0] as Buffer;
  let fields: readonly CanonicalField[] = [];
  const body = new BodyHash();
  for await (const piece of crlfLines(message)) {
    if (signal?.aborted) throw new EiderError('ABORTED', 'stopped');
    if (!header) {
      body.push(piece);
      continue;
    }
    const seen = Buffer.concat([tail, piece]);
    const at = seen.indexOf('\r\n\r\n');
    const end = at < 0 ? piece.length : at + 4 - tail.length;
    header.push(piece.subarray(0, end));
    size += end;
    if (size > MAX_SIGNED_HEADER) throw new EiderError('LIMIT_EXCEEDED', 'the header is too long to be signed');
    tail = seen.subarray(-3);
    if (at < 0) continue;
    fields = canonicalFields(Buffer.concat(header));
    header = null;
    body.push(piece.subarray(end));
  }
  if (header) fields = canonicalFields(Buffer.concat(header));
  return { fields, bodyHash: body.digest() };
}

/** The octets that are signed: the fields named, of each name the last one first, and the signature's own. Section 3.7. */
export function octetsToSign(fields: readonly CanonicalField[], names: readonly string[], field: string): Buffer {
  const left = new Map<string, string[]>();
  for (const { name, text } of fields) {
    const texts = left.get(name);
    if (texts) texts.push(text);
    else left.set(name, [text]);
  }
  let octets = '';
  for (const name of names) {
    const text = left.get(name.toLowerCase())?.pop();
    if (text !== undefined) octets += `${text}\r\n`;
  }
  const colon = field.indexOf(':');
  return Buffer.from(`${octets}dkim-signature:${relaxed(field.slice(colon + 1))}`, 'latin1');
}

/** RFC 8463 section 3: Ed25519 signs the digest, not the octets. */
export function signOctets(octets: Buffer, key: KeyObject): Promise<Buffer> {
  if (key.asymmetricKeyType !== 'ed25519') return signAsync('sha256', octets, key);
  return signAsync(null, createHash('sha256').update(octets).digest(), key);
}

function namesToSign(fields: readonly CanonicalField[]): string[] {
  const counts = new Map<string, number>();
  for (const { name } of fields) counts.set(name, (counts.get(name) ?? 0) + 1);
  const times = (name: string): number => Math.min(counts.get(name.toLowerCase()) ?? 0, MAX_INSTANCES);
  return [
    ...SEALED.flatMap((name) => Array<string>(times(name) + 1).fill(name)),
    ...SIGNED.flatMap((name) => Array<string>(times(name)).fill(name)),
  ];
}

function foldNames(names: readonly string[]): string {
  const lines: string[] = [];
  let line = ' h=';
  for (const [index, name] of names.entries()) {
    const word = index === names.length - 1 ? name : `${name}:`;
    if (line.length + word.length > LINE) {
      lines.push(line);
      line = '  ';
    }
    line += word;
  }
  return [...lines, line].join('\r\n');
}

function foldBase64(text: string): string {
  return (text.match(/.{1,72}/g) ?? []).join('\r\n  ');
}
