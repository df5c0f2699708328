/** Runs the built command as a child process. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The command's compiled main file. */
export const MAIN: string = path.join(
  fileURLToPath(new URL('../../', import.meta.url)),
  process.env.EIDER_DIST ?? 'dist',
  'cli',
  'main.js',
);

/** How a run ended. */
export interface RunResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Environment without what would change the command's answers. */
const BARE: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('EIDER_') && name !== 'NODE_OPTIONS'),
);

/** Starts the command. */
export function startEider(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { env: { ...BARE, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Collects what a child prints until it ends. */
export async function outcome(child: ChildProcess): Promise<RunResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}

/**
 * Runs the command to its end: in a process that has run others before, unless that is busy, or the command reads its
 * input or serves. What has to show how a process begins and ends calls {@link startEider}.
 */
export function eider(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<RunResult> {
  const isLong = args[0] === 'serve' || args[0] === 'demo';
  warm ??= new WarmEider();
  if (options.input === undefined && !isLong && !warm.isBusy) return warm.run(args, { ...BARE, ...options.env });
  const child = startEider(args, options.env);
  child.stdin?.end(options.input ?? '');
  return outcome(child);
}

/** The same, and an error with all it printed when it does not end with 0. */
export async function mustEider(
  args: readonly string[],
  options?: { env?: NodeJS.ProcessEnv; input?: string },
): Promise<string> {
  const result = await eider(args, options);
  if (result.code !== 0)
    throw new Error(`eider ${args.join(' ')} ended with ${result.code}\n${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

/** The first line that a child prints, or an error when it ends before. */
export async function firstLine(child: ChildProcess): Promise<string> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) return line;
  throw new Error(`it printed nothing\n${stderr}`);
}

let warm: WarmEider | null = null;

/** One process that runs the command many times. */
class WarmEider {
  readonly #child: ChildProcess;
  #runs = 0;
  isBusy = false;

  constructor() {
    const script = fileURLToPath(new URL('./warm-eider.mjs', import.meta.url));
    this.#child = spawn(process.execPath, [script], { env: BARE, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#child.stdout?.setEncoding('utf8');
    this.#child.stderr?.setEncoding('utf8');
    // It ends with who has started it.
    this.#child.unref();
    this.#child.channel?.unref();
  }

  async run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<RunResult> {
    this.isBusy = true;
    try {
      const mark = `\u0000end of run ${this.#runs++}\n`;
      const ended = once(this.#child, 'message') as Promise<[{ code: number }]>;
      const died = once(this.#child, 'exit').then(([code]) => {
        throw new Error(`eider ${args.join(' ')} ended its process with ${code}`);
      });
      const texts = Promise.all([upTo(this.#child.stdout, mark), upTo(this.#child.stderr, mark)]);
      this.#child.send({ main: MAIN, args, env, mark });
      const [[{ code }], [stdout, stderr]] = await Promise.race([Promise.all([ended, texts]), died]);
      return { code, signal: null, stdout, stderr };
    } finally {
      this.isBusy = false;
    }
  }
}

/** What comes before `mark`. */
function upTo(stream: NodeJS.ReadableStream | null, mark: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const take = (chunk: string): void => {
      text += chunk;
      if (!text.endsWith(mark)) return;
      stream?.off('data', take);
      resolve(text.slice(0, -mark.length));
    };
    stream?.on('data', take);
  });
}
