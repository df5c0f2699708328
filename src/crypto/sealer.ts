/** Seals small secrets that must be read again, such as the seeds of one-time passwords, under a key of the caller. */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { EiderError } from '../errors.ts';

/** Fewest octets of the caller's secret. */
export const MIN_SECRET_OCTETS = 32;

const VERSION = 'v1';
const NONCE_OCTETS = 12;
const TAG_OCTETS = 16;

/** AES-256-GCM under a key made of the caller's secret. RFC 5116, RFC 5869. */
export class Sealer {
  readonly #key: Buffer;

  /** @throws `INVALID_ARGUMENT` for a secret of fewer than 32 octets. */
  constructor(secret: Uint8Array) {
    if (secret.length < MIN_SECRET_OCTETS) {
      throw new EiderError('INVALID_ARGUMENT', `the secret has fewer than ${MIN_SECRET_OCTETS} octets`);
    }
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'eider seal v1', 32));
  }

  /** @param place what the secret is for: it can be opened for nothing else */
  seal(place: string, text: string): string {
    const nonce = randomBytes(NONCE_OCTETS);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${sealed.toString('base64url')}`;
  }

  /** @throws `UNSUPPORTED` for what was sealed for another place or under another secret, or was altered. */
  open(place: string, sealed: string): string {
    const [version, text = ''] = sealed.split('.');
    const octets = Buffer.from(text, 'base64url');
    try {
      if (version !== VERSION || octets.length < NONCE_OCTETS + TAG_OCTETS) throw new Error('not sealed');
      const decipher = createDecipheriv('aes-256-gcm', this.#key, octets.subarray(0, NONCE_OCTETS))
        .setAAD(Buffer.from(place))
        .setAuthTag(octets.subarray(octets.length - TAG_OCTETS));
      const body = octets.subarray(NONCE_OCTETS, octets.length - TAG_OCTETS);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    } catch {
      throw new EiderError('UNSUPPORTED', 'what was sealed cannot be opened: is the secret another one?');
    }
  }
}
