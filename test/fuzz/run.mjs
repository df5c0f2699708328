/**
 * The long suite: `npm run fuzz -- --target imap --inputs 10000000 --seed 1 --workers 2`. Ends with 1 when something was
 * found; each input that is told can be fed again.
 */

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: 'imap' },
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});
const [inputs, seed, workers] = [values.inputs, values.seed, values.workers].map(Number);
/** A thread with more of a heap than this is ended. */
const HEAP_MB = 256;
/** So much more may be kept at the end than at the beginning, in octets. */
const GROWTH = 16 << 20;

const begun = performance.now();
const done = Array(workers).fill(0);
const perSecond = () => Math.round(done.reduce((a, b) => a + b) / ((performance.now() - begun) / 1000));

function runWorker(number) {
  return new Promise((resolve) => {
    const count = Math.ceil(inputs / workers);
    const worker = new Worker(new URL('fuzz-worker.mjs', import.meta.url), {
      workerData: { target: values.target, seed: seed * 1000 + number, count },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    let result = { understood: 0, found: [{ what: 'the thread ended', input: '' }], grown: 0 };
    // What hangs is ended: no 10,000 inputs take so long.
    let watch;
    const expectProgress = () => {
      clearTimeout(watch);
      watch = setTimeout(() => {
        result.found = [{ what: `hangs between input ${done[number]} and ${done[number] + 10_000}`, input: '' }];
        worker.terminate();
      }, 300_000);
    };
    expectProgress();
    worker.on('message', (message) => {
      expectProgress();
      if (message.done === undefined) {
        result = message;
        done[number] = count;
      } else done[number] = message.done;
    });
    worker.on('error', (error) => {
      result.found = [{ what: `the thread ended: ${error.stack}`, input: '' }];
    });
    worker.on('exit', () => {
      clearTimeout(watch);
      if (result.grown > GROWTH) result.found.push({ what: `keeps ${result.grown} octets more`, input: '' });
      resolve(result);
    });
  });
}

const report = setInterval(
  () => console.log(`${done.reduce((a, b) => a + b)} inputs, ${perSecond()} a second`),
  60_000,
);
const results = await Promise.all(Array.from({ length: workers }, (_, number) => runWorker(number)));
clearInterval(report);
const found = results.flatMap((result) => result.found);
for (const { what, input } of found) console.log(`\n${what}\n  ${input.slice(0, 50_000)}`);
const understood = results.reduce((sum, result) => sum + result.understood, 0);
const grown = Math.max(...results.map((result) => result.grown));
console.log(
  `${done.reduce((a, b) => a + b)} inputs in ${((performance.now() - begun) / 1000).toFixed(0)} s (${perSecond()} a second), ` +
    `${understood} understood, at most ${(grown / 1024).toFixed(0)} KB more kept, ${found.length} found`,
);
process.exitCode = found.length > 0 ? 1 : 0;
