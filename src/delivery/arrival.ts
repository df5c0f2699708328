/** A message as it comes in: read once, whoever it is for. */

import { createHash, type Hash } from 'node:crypto';
import { prefixContent } from '../mime/prefix-content.ts';
import { splitMessage } from '../mime/split-message.ts';
import type { Content } from '../model/content.ts';
import type { StoreContext } from '../store/context.ts';

/** Octets of a message, in any shape. */
export type ArrivalSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Uint8Array | string;

/** A message whose parts are in the blob store, durable; still without fields of its recipients. */
export class Arrival {
  readonly #content: Content;
  readonly #digests: ReadonlyMap<string, string>;

  private constructor(content: Content, digests: ReadonlyMap<string, string>) {
    this.#content = content;
    this.#digests = digests;
  }

  /**
   * Reads the message.
   *
   * @param prefixes what may be put before it
   * @throws `MESSAGE_TOO_LARGE`, `DISK_FULL`, `ABORTED`, what the source throws.
   */
  static async read(
    { blobs, maxMessageSize }: Pick<StoreContext, 'blobs' | 'maxMessageSize'>,
    source: ArrivalSource,
    prefixes: readonly Buffer[],
    signal?: AbortSignal,
  ): Promise<Arrival> {
    const hashes = new Map<string, Hash>();
    for (const prefix of prefixes) hashes.set(prefix.toString('latin1'), createHash('sha256').update(prefix));
    const content = await splitMessage(typeof source === 'string' ? Buffer.from(source) : source, blobs, {
      maxSize: maxMessageSize,
      ...(signal && { signal }),
      onOctets: (octets) => {
        for (const hash of hashes.values()) hash.update(octets);
      },
    });
    return new Arrival(content, new Map(Array.from(hashes, ([prefix, hash]) => [prefix, hash.digest('hex')])));
  }

  /** What was sent. */
  get content(): Content {
    return this.#content;
  }

  /** The same with one of the prefixes before it: all recipients share its parts. */
  withPrefix(prefix: Buffer): Content {
    const digest = this.#digests.get(prefix.toString('latin1'));
    if (digest === undefined) throw new Error('a prefix that was not said before the message was read');
    return prefixContent(this.#content, prefix, digest);
  }
}
