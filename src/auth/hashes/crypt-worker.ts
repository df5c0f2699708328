/** A thread for hashes that JavaScript computes. */

import { parentPort } from 'node:worker_threads';
import { compareCrypt } from './crypt-hash.ts';

/** A comparison to make. */
export interface CryptTask {
  readonly id: number;
  readonly hash: string;
  readonly password: Uint8Array;
}

/** What came of it. */
export interface CryptAnswer {
  readonly id: number;
  readonly right: boolean;
}

const port = parentPort;
if (!port) throw new Error('runs as a worker thread');
port.on('message', ({ id, hash, password }: CryptTask) => {
  const answer: CryptAnswer = { id, right: compareCrypt(hash, Buffer.from(password)) };
  port.postMessage(answer);
});
