/** Stands between a client and its server, and ends connections when a transaction is to be committed. */

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What happens to the next commits: nothing, it never arrives, or it takes place and the answer never arrives. */
export type Cut = 'none' | 'before' | 'after';

/** A way to the first host that a URI names. */
export interface CommitCutter {
  /** The same URI by way of this. */
  readonly uri: string;
  /** How many commits were cut. */
  readonly cuts: number;
  /** Cuts so many commits from now on. */
  cut(how: Cut, count: number): void;
  /** While set, new connections end at once. */
  closed: boolean;
  /** Called when a commit was cut. */
  whenCut: () => void;
  close(): void;
}

export async function startCutter(target: URL): Promise<CommitCutter> {
  let how: Cut = 'none';
  let left = 0;
  let cuts = 0;
  const sockets = new Set<Socket>();
  const end = (...pair: Socket[]): void => {
    for (const socket of pair) socket.destroy();
    cuts++;
    cutter.whenCut();
  };
  const server = createServer((client) => {
    if (cutter.closed) return void client.destroy();
    const upstream = connect(Number(target.port || 27017), target.hostname);
    let answering = false;
    for (const [from, to] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
    upstream.on('data', (octets) => {
      if (!answering) return void client.write(octets);
      // The server has done it, and nobody hears.
      end(client, upstream);
    });
    onMessages(client, (message) => {
      if (left > 0 && how !== 'none' && message.includes('commitTransaction')) {
        left--;
        if (how === 'before') return end(client, upstream);
        answering = true;
      }
      upstream.write(message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const uri = new URL(target);
  uri.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cutter: CommitCutter = {
    uri: uri.href,
    closed: false,
    whenCut: () => {},
    get cuts() {
      return cuts;
    },
    cut(next, count) {
      how = next;
      left = count;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return cutter;
}

/** Each message of MongoDB's wire protocol begins with its length. */
function onMessages(socket: Socket, take: (message: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (octets: Buffer) => {
    rest = Buffer.concat([rest, octets]);
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0);
      take(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  });
}
