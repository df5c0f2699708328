/** Fuzzes in a thread of its own, and tells how much memory is kept. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const { target, seed, count } = workerData;
const fuzz =
  target === 'mime' ? (await import('./fuzz-mime.mjs')).fuzzMime : (await import('./fuzz-imap.mjs')).fuzzImap;

function kept() {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let early = 0;
const progress = (done) => {
  // Not at once: code is compiled, and tables are filled.
  if (early === 0) early = kept();
  parentPort.postMessage({ done });
};
const { understood, found } = await fuzz({ seed, count, progress });
parentPort.postMessage({ understood, found, grown: early === 0 ? 0 : kept() - early });
