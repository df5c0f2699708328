/** Hands messages to the thread that checks them, and ends it when it takes too long. */

import { Worker } from 'node:worker_threads';
import { EiderError } from '../errors.ts';
import type { ResolveDns } from './bounded-resolver.ts';
import type { CheckAnswer, CheckTask } from './check-worker.ts';
import type { CheckedOrigin, CheckFindings } from './sender-check.ts';

/** Some messages would fill the memory of the machine. */
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };

/** One thread, for one message at a time; it starts with the first, and lets the process end when it has none. */
export class CheckThread {
  #worker: Worker | null = null;

  /**
   * Checks a message. `null` when there was no time for it, or the thread ended.
   *
   * @throws `UNSUPPORTED` without `mailauth`, or without threads; what `octets` throws.
   */
  async check(
    octets: AsyncGenerator<Uint8Array>,
    given: { readonly origin: CheckedOrigin; readonly authservId: string },
    resolve: ResolveDns,
    timeMs: number,
  ): Promise<CheckFindings | null> {
    if (timeMs <= 0) return null;
    const worker = this.#start();
    worker.ref();
    try {
      return await new Promise<CheckFindings | null>((done, fail) => {
        let hasBegun = false;
        let isOver = false;
        const timer = setTimeout(() => giveUp(() => done(null)), timeMs);
        const tell = (task: CheckTask): void => worker.postMessage(task);
        const listen = (answer: CheckAnswer): void => {
          hasBegun = true;
          if (answer.kind === 'next') {
            octets.next().then(
              ({ value }) => !isOver && handOver(worker, value ?? null),
              (error: unknown) => giveUp(() => fail(error)),
            );
          } else if (answer.kind === 'ask') {
            void answerTo(answer, resolve).then(tell);
          } else if (answer.findings === null) {
            settle(() => fail(new EiderError('UNSUPPORTED', 'checking senders needs the package mailauth')));
          } else {
            settle(() => done(answer.findings));
          }
        };
        const over = (): void => settle(() => done(null));
        const broke = (error: Error): void =>
          settle(() => {
            // By a message, or before there was one.
            if (hasBegun) done(null);
            else fail(new EiderError('UNSUPPORTED', 'the thread that checks senders does not start', { cause: error }));
          });
        const settle = (end: () => void): void => {
          isOver = true;
          clearTimeout(timer);
          worker.off('message', listen).off('error', broke).off('exit', over);
          end();
        };
        const giveUp = (end: () => void): void => {
          settle(end);
          // The next message starts another.
          if (this.#worker === worker) this.#worker = null;
          void worker.terminate();
        };
        worker.on('message', listen).on('error', broke).on('exit', over);
        tell({ kind: 'begin', ...given });
      });
    } finally {
      worker.unref();
      // Not waited for: what is read may be what took too long.
      void octets.return(undefined).catch(() => {});
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./check-worker.js', import.meta.url), {
      resourceLimits: LIMITS,
      // Those of the process may be of no use to a thread, such as `--input-type`.
      execArgv: [],
    });
    const gone = (): void => {
      if (this.#worker === worker) this.#worker = null;
    };
    worker.on('error', gone).on('exit', gone);
    this.#worker = worker;
    return worker;
  }
}

/** A copy, as a view would take all that it is a view of with it. */
function handOver(worker: Worker, octets: Uint8Array | null): void {
  const copy = octets && new Uint8Array(octets);
  const task: CheckTask = { kind: 'octets', octets: copy };
  worker.postMessage(task, copy ? [copy.buffer] : []);
}

/** What the DNS says, or with which code it fails. */
async function answerTo(
  { id, name, type }: Extract<CheckAnswer, { kind: 'ask' }>,
  resolve: ResolveDns,
): Promise<CheckTask> {
  try {
    return { kind: 'answer', id, records: structuredClone(await resolve(name, type)), code: '' };
  } catch (error) {
    return { kind: 'answer', id, records: null, code: String((error as { code?: unknown }).code ?? 'ESERVFAIL') };
  }
}
