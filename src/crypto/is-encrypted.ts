/** Whether a message is encrypted already. RFC 1847, RFC 3156, RFC 8551, and armor in plain text (RFC 9580). */

import { readContentFields } from '../mime/content-fields.ts';
import { parseHeaderFields } from '../mime/header-fields.ts';
import type { MimePart } from '../model/mime-part.ts';
import { HeadedSource } from './headed-source.ts';

const ENVELOPES = ['enveloped-data', 'authenveloped-data'];
/** Encodings that leave lines of armor as they are, but for `=` in quoted-printable. */
const READABLE_ENCODINGS = ['7bit', '8bit', 'binary', 'quoted-printable'];

const BEGIN = '-----BEGIN PGP MESSAGE-----';
const END = '-----END PGP MESSAGE-----';
/** More in one line is no armor. */
const MAX_LINE = 1_000;

/** What of a part says that it is encrypted as a whole. */
type PartType = Pick<MimePart, 'type' | 'subtype' | 'parameters'>;

/**
 * Whether the whole of a message is encrypted, by what it says of itself: multipart/encrypted, S/MIME enveloped, or a
 * text that is one OpenPGP message and nothing else. What is signed only is not, and neither is what has a readable part
 * beside an encrypted one. Reads the header, and the text as long as it could be armor.
 */
export async function isEncrypted(source: AsyncIterable<Uint8Array>): Promise<boolean> {
  const headed = await HeadedSource.open(source);
  try {
    const content = readContentFields(parseHeaderFields(headed.header.toString('latin1')));
    if (isEncryptedType(content)) return true;
    const isText = content.type === 'text' && content.subtype === 'plain';
    return isText && READABLE_ENCODINGS.includes(content.encoding) && (await isArmor(headed));
  } finally {
    await headed.close();
  }
}

/** Whether a part says that it is encrypted: one of a tree, or the message's own. */
export function isEncryptedType({ type, subtype, parameters }: PartType): boolean {
  if (type === 'multipart') return subtype === 'encrypted';
  if (type !== 'application' || (subtype !== 'pkcs7-mime' && subtype !== 'x-pkcs7-mime')) return false;
  const kind = parameters.find(([name]) => name === 'smime-type')?.[1] ?? '';
  return ENVELOPES.includes(kind.toLowerCase());
}

/** Where in armor a line is. */
type Place = 'before' | 'fields' | 'data' | 'after';

/** Whether what follows the header is one armored message, and white space. */
async function isArmor(message: HeadedSource): Promise<boolean> {
  let place: Place | null = 'before';
  let skip = message.header.length;
  let pending = '';
  for await (const chunk of message) {
    const octets = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - octets.length;
    const lines = (pending + Buffer.from(octets).toString('latin1')).split('\n');
    pending = lines.pop() ?? '';
    if (pending.length > MAX_LINE) return false;
    for (const line of lines) {
      place = placeAfter(place, line);
      if (place === null) return false;
    }
  }
  return placeAfter(place, pending) === 'after';
}

/** Where the next line is; `null` when this one is not armor. */
function placeAfter(place: Place, raw: string): Place | null {
  const line = raw.trimEnd();
  switch (place) {
    case 'before':
      if (line === BEGIN) return 'fields';
      return line === '' ? 'before' : null;
    case 'fields':
      if (line === '') return 'data';
      return /^[A-Za-z-]+: /.test(line) ? 'fields' : null;
    case 'data':
      if (line === END) return 'after';
      return line.length <= MAX_LINE && /^[A-Za-z0-9+/=]*$/.test(line) ? 'data' : null;
    case 'after':
      return line === '' ? 'after' : null;
  }
}
