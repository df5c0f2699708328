/** Security keys made of software: they answer as browsers and keys do, and as those do who mean harm. */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { KeyCreationOptions, KeyRequestOptions } from '../../src/model/security-key.ts';
import { type CborValue, cbor } from './cbor.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';

export const ORIGIN = 'https://mail.example.org';
export const APP_ID = 'https://example.org/u2f';

/** An answer as JSON, open to be spoilt by a test. */
export interface KeyJson {
  [part: string]: unknown;
  id: string;
  rawId: string;
  response: Record<string, unknown>;
}

/** What differs from what an honest browser and key do. */
export interface Deviations {
  readonly origin?: string;
  /** Whose hash the key signs. */
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  /** More members of the client's data. */
  readonly client?: Readonly<Record<string, unknown>>;
  readonly counter?: number;
  readonly present?: boolean;
  readonly verified?: boolean;
  readonly userHandle?: string;
  readonly format?: string;
  readonly alg?: number;
}

const PRESENT = 0x01;
const VERIFIED = 0x04;
const ATTESTED = 0x40;

/** One key with one credential. */
export class SoftwareKey {
  readonly #private: KeyObject;
  readonly #public: KeyObject;
  readonly id: Buffer = randomBytes(48);
  /** Raised by each answer; 0 for ever when `counts` is `false`. */
  counter = 0;
  readonly #counts: boolean;
  readonly #verifies: boolean;
  /** Base64url, once registered. */
  #userHandle: string | null = null;

  /** @param options.counts whether it counts signatures; `verifies`: whether it has a PIN, and so can be a passkey */
  constructor({ counts = true, verifies = true }: { counts?: boolean; verifies?: boolean } = {}) {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#private = pair.privateKey;
    this.#public = pair.publicKey;
    this.#counts = counts;
    this.#verifies = verifies;
  }

  /** As the old U2F API gave it: 65 octets. */
  get point(): Buffer {
    const { x = '', y = '' } = this.#public.export({ format: 'jwk' });
    return Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  }

  create(options: KeyCreationOptions, deviations: Deviations = {}): KeyJson {
    this.#userHandle = this.#verifies ? options.user.id : null;
    const client = clientData('webauthn.create', options.challenge, deviations);
    const authData = this.#authenticatorData(options.rp.id, deviations, true);
    const format = deviations.format ?? 'none';
    const object = new Map<string, CborValue>([
      ['fmt', format],
      ['attStmt', format === 'fido-u2f' ? this.#u2fStatement(authData, client) : new Map()],
      ['authData', authData],
    ]);
    const response = {
      clientDataJSON: client.toString('base64url'),
      attestationObject: cbor(object).toString('base64url'),
      transports: ['usb', 'nfc'],
    };
    return this.#answer(response, { credProps: { rk: this.#verifies } });
  }

  get(options: KeyRequestOptions, deviations: Deviations = {}): KeyJson {
    const client = clientData('webauthn.get', options.challenge, deviations);
    const authData = this.#authenticatorData(options.rpId, deviations, false);
    const userHandle = deviations.userHandle ?? this.#userHandle;
    return this.#answer(
      {
        clientDataJSON: client.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: sign('sha256', Buffer.concat([authData, sha256(client)]), this.#private).toString('base64url'),
        ...(userHandle !== null && { userHandle }),
      },
      {},
    );
  }

  #answer(response: Record<string, unknown>, clientExtensionResults: Record<string, unknown>): KeyJson {
    const id = this.id.toString('base64url');
    return { id, rawId: id, type: 'public-key', response, clientExtensionResults };
  }

  #authenticatorData(rpId: string, deviations: Deviations, attested: boolean): Buffer {
    if (this.#counts) this.counter++;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(deviations.counter ?? this.counter);
    const { present = true, verified = this.#verifies } = deviations;
    const flags = (present ? PRESENT : 0) | (verified ? VERIFIED : 0) | (attested ? ATTESTED : 0);
    const data = [sha256(deviations.rpId ?? rpId), Buffer.from([flags]), count];
    if (attested) {
      const length = Buffer.from([this.id.length >> 8, this.id.length & 255]);
      data.push(Buffer.alloc(16), length, this.id, this.#cose(deviations.alg ?? -7));
    }
    return Buffer.concat(data);
  }

  #cose(alg: number): Buffer {
    return cbor(
      new Map<number, CborValue>([
        [1, 2],
        [3, alg],
        [-1, 1],
        [-2, this.point.subarray(1, 33)],
        [-3, this.point.subarray(33)],
      ]),
    );
  }

  /** WebAuthn Level 3 section 8.6. */
  #u2fStatement(authData: Buffer, client: Buffer): Map<string, CborValue> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signed = Buffer.concat([Buffer.from([0]), authData.subarray(0, 32), sha256(client), this.id, this.point]);
    return new Map<string, CborValue>([
      ['x5c', [selfSignedCertificate(privateKey, publicKey)]],
      ['sig', sign('sha256', signed, privateKey)],
    ]);
  }
}

function clientData(type: string, challenge: string, deviations: Deviations): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: deviations.type ?? type,
      challenge: deviations.challenge ?? challenge,
      origin: deviations.origin ?? ORIGIN,
      crossOrigin: false,
      ...deviations.client,
    }),
  );
}

function sha256(content: string | Buffer): Buffer {
  return createHash('sha256').update(content).digest();
}
