/** Gathers a session's responses and sends them in large writes, no faster than the client reads. */

import type { Connection } from '../net/connection.ts';

/** Gathered octets that are sent at once. */
const CHUNK = 65_536;
/** Buffers up to this size are copied into the chunk, larger ones are sent as they are. */
const COPY_LIMIT = 16_384;

/** Strings are octets in a string. Nothing is sent before {@link CHUNK} octets are there, or {@link ResponseWriter.flush}. */
export class ResponseWriter {
  readonly #connection: Connection;
  readonly #timeoutMs: number;
  #text = '';
  #parts: (string | Uint8Array)[] = [];
  #size = 0;
  #full = false;
  #flushing = false;
  #sent = 0;

  /** @param timeoutMs how long a client may take nothing before its connection is destroyed */
  constructor(connection: Connection, timeoutMs: number) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether so much waits that {@link ResponseWriter.drain} should be awaited before more is written. */
  get full(): boolean {
    return this.#full;
  }

  /** Octets of all responses so far, before compression. */
  get written(): number {
    return this.#sent + this.#size + this.#text.length;
  }

  /** Whether something waits for a flush. */
  get pending(): boolean {
    return this.#text !== '' || this.#parts.length > 0;
  }

  write(text: string): void {
    this.#text += text;
    if (this.#text.length + this.#size >= CHUNK) this.flush();
  }

  /** Takes the buffer over: it must not change afterwards. */
  octets(data: Uint8Array): void {
    if (data.length > COPY_LIMIT) {
      this.flush();
      this.#send(data);
      return;
    }
    if (this.#text !== '') this.#parts.push(this.#text);
    this.#size += this.#text.length + data.length;
    this.#text = '';
    this.#parts.push(data);
    if (this.#size >= CHUNK) this.flush();
  }

  /** Sends what was gathered. */
  flush(): void {
    if (this.#parts.length === 0) {
      if (this.#text === '') return;
      const text = this.#text;
      this.#text = '';
      this.#send(text);
      return;
    }
    const parts = this.#parts;
    if (this.#text !== '') parts.push(this.#text);
    const joined = join(parts, this.#size + this.#text.length);
    this.#parts = [];
    this.#text = '';
    this.#size = 0;
    this.#send(joined);
  }

  /** Sends what was gathered when this turn of the event loop is over: the answers to commands sent together go together. */
  flushSoon(): void {
    if (this.#flushing || !this.pending) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.flush();
    });
  }

  /** Resolves when the client has taken enough (or is gone). */
  async drain(): Promise<void> {
    this.#full = false;
    await this.#connection.drained(this.#timeoutMs);
  }

  #send(data: string | Uint8Array): void {
    this.#sent += data.length;
    if (!this.#connection.write(data)) this.#full = true;
  }
}

function join(parts: readonly (string | Uint8Array)[], size: number): Buffer {
  const joined = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'string') at += joined.write(part, at, 'latin1');
    else {
      joined.set(part, at);
      at += part.length;
    }
  }
  return joined;
}
