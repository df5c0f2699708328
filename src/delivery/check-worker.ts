/** The thread in which messages are checked: gets octets and answers of the DNS, and asks for both. */

import { parentPort } from 'node:worker_threads';
import { checkMessage, type Mailauth } from './check-message.ts';
import type { CheckedOrigin, CheckFindings } from './sender-check.ts';

/** What the thread is told. `octets` of `null` are the end of the message. */
export type CheckTask =
  | { readonly kind: 'begin'; readonly origin: CheckedOrigin; readonly authservId: string }
  | { readonly kind: 'octets'; readonly octets: Uint8Array | null }
  | { readonly kind: 'answer'; readonly id: number; readonly records: unknown[] | null; readonly code: string };

/** What the thread says. `findings` of `null`: the package is not there. */
export type CheckAnswer =
  | { readonly kind: 'next' }
  | { readonly kind: 'ask'; readonly id: number; readonly name: string; readonly type: string }
  | { readonly kind: 'done'; readonly findings: CheckFindings | null };

interface Question {
  resolve(records: unknown[]): void;
  reject(error: Error): void;
}

// The package prints what it wonders about.
console.log = () => {};

const port = parentPort;
if (!port) throw new Error('runs as a worker thread');
const say = (answer: CheckAnswer): void => port.postMessage(answer);

const questions = new Map<number, Question>();
let lastId = 0;
let take: ((octets: Uint8Array | null) => void) | null = null;

port.on('message', (task: CheckTask) => {
  if (task.kind === 'begin') void check(task);
  else if (task.kind === 'octets') take?.(task.octets);
  else settle(task);
});

async function check({ origin, authservId }: Extract<CheckTask, { kind: 'begin' }>): Promise<void> {
  const mailauth: Mailauth | null = await import('mailauth').catch(() => null);
  const findings = mailauth && (await checkMessage(mailauth, octets(), { origin, authservId }, ask));
  // What comes late belongs to no message any more.
  questions.clear();
  say({ kind: 'done', findings });
}

async function* octets(): AsyncGenerator<Uint8Array> {
  for (;;) {
    const next = await new Promise<Uint8Array | null>((resolve) => {
      take = resolve;
      say({ kind: 'next' });
    });
    if (next === null) return;
    yield next;
  }
}

function ask(name: string, type: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const id = ++lastId;
    questions.set(id, { resolve, reject });
    say({ kind: 'ask', id, name, type });
  });
}

function settle({ id, records, code }: Extract<CheckTask, { kind: 'answer' }>): void {
  const question = questions.get(id);
  questions.delete(id);
  if (records !== null) question?.resolve(records);
  else question?.reject(Object.assign(new Error(code), { code }));
}
