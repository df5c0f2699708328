/** A message as it comes in: read once, whoever it is for. */

import { createHash, type Hash } from 'node:crypto';
import type { EncryptionState } from '../crypto/encryption-state.ts';
import { formAtRest } from '../crypto/form-at-rest.ts';
import { SealedSpool } from '../crypto/sealed-spool.ts';
import { MessageBody } from '../mime/message-body.ts';
import { prefixContent } from '../mime/prefix-content.ts';
import { type SplitOptions, splitMessage } from '../mime/split-message.ts';
import type { BlobSource } from '../model/blob.ts';
import type { Content } from '../model/content.ts';
import type { StoreContext } from '../store/context.ts';
import { VolatileBlobs } from './volatile-blobs.ts';

/** Octets of a message, in any shape. */
export type ArrivalSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Uint8Array | string;

/** What an arrival needs of a store. */
type Place = Pick<StoreContext, 'blobs' | 'maxMessageSize'>;

/** A message that has come: what it is, and how it becomes what an account stores. */
export interface Arrival {
  /** What was sent. Its large parts are in {@link Arrival.blobs}. */
  readonly content: Content;
  readonly blobs: BlobSource;
  /** What is to be stored, with a prefix before it; its parts are durable. @throws `ENCRYPTION_FAILED`. */
  stored(prefix: Buffer, encryption: EncryptionState, now: number): Promise<Content>;
  /** What was sent, from its beginning. */
  read(): AsyncIterable<Uint8Array>;
}

/** A message whose parts are in the blob store, durable; all recipients share them. */
export class PlainArrival implements Arrival {
  readonly content: Content;
  readonly blobs: BlobSource;
  readonly #digests: ReadonlyMap<string, string>;

  private constructor(content: Content, blobs: BlobSource, digests: ReadonlyMap<string, string>) {
    this.content = content;
    this.blobs = blobs;
    this.#digests = digests;
  }

  /**
   * Reads the message.
   *
   * @param prefixes what will probably be put before it
   * @throws `MESSAGE_TOO_LARGE`, `DISK_FULL`, `ABORTED`, what the source throws.
   */
  static async of(
    { blobs, maxMessageSize }: Place,
    source: ArrivalSource,
    prefixes: readonly Buffer[],
    signal?: AbortSignal,
  ): Promise<PlainArrival> {
    const hashes = new Map<string, Hash>();
    for (const prefix of prefixes) hashes.set(prefix.toString('latin1'), createHash('sha256').update(prefix));
    const onOctets = (octets: Buffer): void => {
      for (const hash of hashes.values()) hash.update(octets);
    };
    const options: SplitOptions = { maxSize: maxMessageSize, ...(signal && { signal }), onOctets };
    const content = await splitMessage(octetsOf(source), blobs, options);
    return new PlainArrival(
      content,
      blobs,
      new Map(Array.from(hashes, ([prefix, hash]) => [prefix, hash.digest('hex')])),
    );
  }

  async stored(prefix: Buffer): Promise<Content> {
    if (prefix.length === 0) return this.content;
    const digest = this.#digests.get(prefix.toString('latin1')) ?? (await this.#digestWith(prefix));
    return prefixContent(this.content, prefix, digest);
  }

  read(): AsyncIterable<Uint8Array> {
    return new MessageBody(this.content, this.content.tree, this.blobs).read();
  }

  async #digestWith(prefix: Buffer): Promise<string> {
    const hash = createHash('sha256').update(prefix);
    for await (const octets of this.read()) hash.update(octets);
    return hash.digest('hex');
  }
}

/** A message of which nothing may come onto a disk before it is known in which form. */
export class SealedArrival implements Arrival, AsyncDisposable {
  readonly content: Content;
  readonly blobs: BlobSource;
  readonly #place: Place;
  readonly #spool: SealedSpool;

  private constructor(content: Content, blobs: BlobSource, place: Place, spool: SealedSpool) {
    this.content = content;
    this.blobs = blobs;
    this.#place = place;
    this.#spool = spool;
  }

  /** Reads the message. @throws as {@link PlainArrival.of}. */
  static async of(place: Place, source: ArrivalSource, signal?: AbortSignal): Promise<SealedArrival> {
    const options = { maxOctets: place.maxMessageSize, ...(signal && { signal }) };
    const octets = octetsOf(source);
    const spool = await SealedSpool.take(octets instanceof Uint8Array ? [octets] : octets, options);
    try {
      const blobs = new VolatileBlobs();
      return new SealedArrival(await splitMessage(spool.read(), blobs), blobs, place, spool);
    } catch (error) {
      await spool[Symbol.asyncDispose]();
      throw error;
    }
  }

  async stored(prefix: Buffer, encryption: EncryptionState, now: number): Promise<Content> {
    const whole = joined(
      prefix,
      formAtRest(encryption, () => this.read(), now),
    );
    return splitMessage(whole, this.#place.blobs);
  }

  read(): AsyncIterable<Uint8Array> {
    return this.#spool.read();
  }

  /** The same for those whose mail is not encrypted. */
  plain(prefixes: readonly Buffer[]): Promise<PlainArrival> {
    return PlainArrival.of(this.#place, this.read(), prefixes);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#spool[Symbol.asyncDispose]();
  }
}

/** A prefix, then the rest. */
export async function* joined(prefix: Buffer, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (prefix.length > 0) yield prefix;
  yield* source;
}

function octetsOf(source: ArrivalSource): Exclude<ArrivalSource, string> {
  return typeof source === 'string' ? Buffer.from(source) : source;
}
