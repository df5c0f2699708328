/** The packets of an encrypted OpenPGP message, made as the data comes. RFC 9580. */

import { createCipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { fixedChunks } from './fixed-chunks.ts';

/** A key for one message. */
export interface SessionKey {
  readonly data: Uint8Array;
  /** Such as `aes256`. */
  readonly algorithm: string;
  /** `gcm` or `ocb` where all recipients can read version 2; `null` for version 1. */
  readonly aead: string | null;
}

// RFC 9580 sections 9.3 and 9.6.
const CIPHERS: Readonly<Record<string, { readonly id: number; readonly name: string; readonly octets: number }>> = {
  aes128: { id: 7, name: 'aes-128', octets: 16 },
  aes192: { id: 8, name: 'aes-192', octets: 24 },
  aes256: { id: 9, name: 'aes-256', octets: 32 },
};
const MODES: Readonly<Record<string, { readonly id: number; readonly name: 'gcm' | 'ocb'; readonly nonce: number }>> = {
  ocb: { id: 2, name: 'ocb', nonce: 15 },
  gcm: { id: 3, name: 'gcm', nonce: 12 },
};

const LITERAL_DATA = 11;
const SEALED_DATA = 18;
/** 2^16 octets, in packets of unknown length and between the tags of version 2. */
const CHUNK_POWER = 16;
const CHUNK = 2 ** CHUNK_POWER;
const BLOCK = 16;
const TAG_OCTETS = 16;
const NEW_FORMAT = 0xc0;

/** Literal Data (section 5.9): binary, without a name and a date. */
export function literalPacket(data: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  return framePacket(LITERAL_DATA, prepend(Buffer.from([0x62, 0, 0, 0, 0, 0]), data));
}

/** Symmetrically Encrypted and Integrity Protected Data (section 5.13) over whole packets. */
export function sealedPacket(key: SessionKey, packets: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  return framePacket(SEALED_DATA, key.aead === null ? sealVersion1(key, packets) : sealVersion2(key, packets));
}

/** Section 5.13.1: cipher feedback over a random block, the packets, and the digest of both. */
async function* sealVersion1(key: SessionKey, packets: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const cipher = createCipheriv(`${cipherOf(key).name}-cfb`, key.data, Buffer.alloc(BLOCK));
  const digest = createHash('sha1');
  const encrypt = (octets: Uint8Array): Buffer => {
    digest.update(octets);
    return cipher.update(octets);
  };
  const random = randomBytes(BLOCK);
  yield Buffer.from([1]);
  // Its last two octets are there twice.
  yield encrypt(Buffer.concat([random, random.subarray(-2)]));
  for await (const octets of packets) yield encrypt(octets);
  // The header of the packet with the digest is part of what it is made of.
  yield encrypt(Buffer.from([0xd3, 0x14]));
  yield cipher.update(digest.digest());
}

/** Section 5.13.2: chunks with a tag each, and one over all that tells how much there was. */
async function* sealVersion2(key: SessionKey, packets: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const cipher = cipherOf(key);
  const mode = MODES[key.aead ?? ''];
  if (!mode) throw new Error(`no such mode: ${key.aead}`);
  const header = Buffer.from([2, cipher.id, mode.id, CHUNK_POWER - 6]);
  const salt = randomBytes(32);
  yield Buffer.concat([header, salt]);
  const associated = Buffer.concat([Buffer.from([NEW_FORMAT | SEALED_DATA]), header]);
  const ivOctets = mode.nonce - 8;
  const made = Buffer.from(hkdfSync('sha256', key.data, salt, associated, cipher.octets + ivOctets));
  const messageKey = made.subarray(0, cipher.octets);
  const iv = made.subarray(cipher.octets);
  const seal = (index: bigint, octets: Uint8Array, about: Uint8Array): Buffer => {
    const nonce = Buffer.concat([iv, bigEndian(index)]);
    // One signature of createCipheriv for each mode; both take the same here.
    const name = `${cipher.name}-${mode.name}` as 'aes-256-gcm';
    const sealing = createCipheriv(name, messageKey, nonce, { authTagLength: TAG_OCTETS }).setAAD(about);
    return Buffer.concat([sealing.update(octets), sealing.final(), sealing.getAuthTag()]);
  };
  let index = 0n;
  let total = 0n;
  for await (const chunk of fixedChunks(packets, CHUNK)) {
    yield seal(index, chunk, associated);
    index++;
    total += BigInt(chunk.length);
  }
  yield seal(index, Buffer.alloc(0), Buffer.concat([associated, bigEndian(total)]));
}

/** Section 4.2.1: a length when all of it is there, parts with lengths of their own before. */
async function* framePacket(type: number, body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  yield Buffer.from([NEW_FORMAT | type]);
  let held: Buffer | null = null;
  for await (const chunk of fixedChunks(body, CHUNK)) {
    if (held) yield Buffer.concat([Buffer.from([0xe0 | CHUNK_POWER]), held]);
    held = chunk;
  }
  const last = held ?? Buffer.alloc(0);
  yield Buffer.concat([packetLength(last.length), last]);
}

function packetLength(length: number): Buffer {
  if (length < 192) return Buffer.from([length]);
  if (length < 8384) return Buffer.from([((length - 192) >> 8) + 192, (length - 192) & 0xff]);
  const octets = Buffer.alloc(5, 0xff);
  octets.writeUInt32BE(length, 1);
  return octets;
}

function cipherOf({ algorithm }: SessionKey): (typeof CIPHERS)[string] {
  const cipher = CIPHERS[algorithm];
  if (!cipher) throw new Error(`no such cipher: ${algorithm}`);
  return cipher;
}

function bigEndian(value: bigint): Buffer {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(value);
  return octets;
}

async function* prepend(first: Buffer, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}
