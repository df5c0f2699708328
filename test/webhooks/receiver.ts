/** A receiver of webhooks on a port of this machine. */

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What was posted. */
export interface Posted {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into.
  readonly event: any;
  /** Milliseconds of the process. */
  readonly at: number;
}

/** What to answer: a status, or what one likes. */
export type Answer = number | ((response: ServerResponse) => void);

/** A receiver. */
export interface Receiver {
  readonly url: string;
  readonly posted: readonly Posted[];
  /** Most posts that were there at once. */
  most(): number;
}

/** Listens until the test has ended. */
export async function receive(answer: (posted: Posted) => Answer = () => 204): Promise<Receiver> {
  const posted: Posted[] = [];
  let [open, most] = [0, 0];
  const server = createServer(async (request, response) => {
    most = Math.max(most, ++open);
    response.on('close', () => open--);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const one: Posted = {
      id: String(request.headers['webhook-id']),
      headers: request.headers,
      body,
      event: JSON.parse(body),
      at: performance.now(),
    };
    posted.push(one);
    const say = answer(one);
    if (typeof say === 'number') response.writeHead(say).end();
    else say(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, posted, most: () => most };
}
