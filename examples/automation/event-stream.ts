/** Reads server-sent events. */

import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** One of them. The first of a stream is its position alone. */
export interface ServerSentEvent {
  readonly id: string;
  readonly data: string | null;
}

/** Events of an answer. @throws when the connection breaks. */
export async function* readEvents(answer: Response): AsyncGenerator<ServerSentEvent, void, undefined> {
  const lines = createInterface({ input: Readable.fromWeb(answer.body as ReadableStream<Uint8Array>) });
  let id = '';
  let data: string | null = null;
  for await (const line of lines) {
    if (line.startsWith('id: ')) id = line.slice(4);
    else if (line.startsWith('data: ')) data = (data === null ? '' : `${data}\n`) + line.slice(6);
    else if (line === '') {
      if (id !== '') yield { id, data };
      data = null;
    }
  }
}
