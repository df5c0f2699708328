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
  const input = Readable.fromWeb(answer.body as ReadableStream<Uint8Array>);
  let id = '';
  let data: string | null = null;
  try {
    for await (const line of createInterface({ input })) {
      if (line.startsWith('id: ')) id = line.slice(4);
      else if (line.startsWith('data: ')) data = (data === null ? '' : `${data}\n`) + line.slice(6);
      else if (line === '') {
        if (id !== '') yield { id, data };
        data = null;
      }
    }
  } finally {
    // Whoever reads no more leaves no connection open.
    input.destroy();
  }
}
