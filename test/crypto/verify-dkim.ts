/** Verifies DKIM signatures step by step as RFC 6376 section 6.1 has it, on the whole message; knows nothing of the signer. */

import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** What a verifier finds in the DNS, by name. */
export type Records = Readonly<Record<string, string>>;

/** What became of one signature. */
export interface Verdict {
  readonly tags: Readonly<Record<string, string>>;
  /** `pass`, or what was wrong. */
  readonly result: string;
}

/** One verdict for each DKIM-Signature, from the top. */
export function verifyDkim(message: Buffer, records: Records): Verdict[] {
  const text = message.toString('latin1');
  const [header, body] = split(text);
  const fields = header.split(/\r\n(?![ \t])/).filter((field) => field.includes(':'));
  return fields
    .filter((field) => nameOf(field) === 'dkim-signature')
    .map((field) => {
      const tags = tagList(field.slice(field.indexOf(':') + 1));
      return { tags, result: verdictOn(field, tags, fields, body, records) };
    });
}

function verdictOn(
  field: string,
  tags: Readonly<Record<string, string>>,
  fields: readonly string[],
  body: string,
  records: Records,
): string {
  for (const name of ['v', 'a', 'b', 'bh', 'd', 'h', 's']) if (tags[name] === undefined) return `no ${name}=`;
  if (tags.v !== '1' || tags.c !== 'relaxed/relaxed') return 'another kind';
  const names = (tags.h as string).split(':').map((name) => name.trim().toLowerCase());
  if (!names.includes('from')) return 'From is not signed';
  if (sha256(relaxedBody(body)).toString('base64') !== bare(tags.bh)) return 'body';
  const record = tagList(records[`${tags.s}._domainkey.${tags.d}`] ?? '');
  if (record.v !== 'DKIM1' || `${record.k}-sha256` !== tags.a) return 'no key';
  const bottomUp = [...fields].reverse();
  const used = new Set<number>();
  const signed = names.flatMap((name) => {
    const index = bottomUp.findIndex((one, at) => nameOf(one) === name && !used.has(at));
    if (index < 0) return [];
    used.add(index);
    return [`${relaxedField(bottomUp[index] as string)}\r\n`];
  });
  const own = relaxedField(field.replace(/(;[ \t\r\n]*b[ \t\r\n]*=)[^;]*/, '$1'));
  const octets = Buffer.from(signed.join('') + own, 'latin1');
  const signature = Buffer.from(bare(tags.b), 'base64');
  return verifyWith(record, octets, signature) ? 'pass' : 'signature';
}

function verifyWith(record: Readonly<Record<string, string>>, octets: Buffer, signature: Buffer): boolean {
  const p = Buffer.from(bare(record.p), 'base64');
  if (record.k === 'rsa') return verify('sha256', octets, spki(p), signature);
  // RFC 8410: SubjectPublicKeyInfo of an Ed25519 key is this and the 32 octets.
  return verify(
    null,
    sha256(octets),
    spki(Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), p])),
    signature,
  );
}

const spki = (key: Buffer): KeyObject => createPublicKey({ key, format: 'der', type: 'spki' });

function split(text: string): [string, string] {
  if (text.startsWith('\r\n')) return ['', text.slice(2)];
  const at = text.indexOf('\r\n\r\n');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 4)];
}

/** Section 3.4.4, on the whole body. */
export function relaxedBody(body: string): Buffer {
  const lines = body.split('\r\n').map((line) => line.replace(/[ \t]+$/, '').replace(/[ \t]+/g, ' '));
  while (lines.at(-1) === '') lines.pop();
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');
}

/** Section 3.4.2. */
function relaxedField(field: string): string {
  const value = field
    .slice(field.indexOf(':') + 1)
    .replace(/\r\n(?=[ \t])/g, '')
    .replace(/[ \t]+/g, ' ');
  return `${nameOf(field)}:${value.trim()}`;
}

const nameOf = (field: string): string => field.slice(0, field.indexOf(':')).trim().toLowerCase();

/** Section 3.2. */
function tagList(text: string): Record<string, string> {
  const tags = text.split(';').filter((tag) => tag.includes('='));
  return Object.fromEntries(
    tags.map((tag) => {
      const at = tag.indexOf('=');
      return [tag.slice(0, at).trim(), tag.slice(at + 1).trim()];
    }),
  );
}

const bare = (base64 = ''): string => base64.replace(/\s/g, '');
const sha256 = (octets: Buffer): Buffer => createHash('sha256').update(octets).digest();
