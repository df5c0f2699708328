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

/** Runs the command to its end. */
export function eider(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<RunResult> {
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
