/** Stands between a client and its server, and makes the server seem away. */

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to the first host that a URI names. */
export interface TcpProxy {
  /** The same URI by way of the proxy. */
  readonly uri: string;
  /** Ends all connections, and each new one at once. */
  refuse(): void;
  /** Keeps connections, and takes new ones, but nothing comes or goes. */
  stall(): void;
  resume(): void;
  close(): void;
}

export async function startProxy(target: URL): Promise<TcpProxy> {
  const pairs = new Set<[Socket, Socket]>();
  let mode: 'pass' | 'refuse' | 'stall' = 'pass';
  const hold = (pair: readonly Socket[]): void => {
    for (const socket of pair) mode === 'stall' ? socket.pause() : socket.resume();
  };
  const server = createServer((client) => {
    if (mode === 'refuse') return void client.destroy();
    const upstream = connect(Number(target.port || 27017), target.hostname);
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client] as const]) {
      from.on('data', (octets) => to.write(octets));
      from.on('error', () => {});
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    hold(pair);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const uri = new URL(target);
  uri.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const drop = (): void => {
    for (const socket of [...pairs].flat()) socket.destroy();
  };
  const turn = (to: typeof mode): void => {
    mode = to;
    if (mode === 'refuse') drop();
    else pairs.forEach(hold);
  };
  return {
    uri: uri.href,
    refuse: () => turn('refuse'),
    stall: () => turn('stall'),
    resume: () => turn('pass'),
    close: () => {
      server.close();
      drop();
    },
  };
}
