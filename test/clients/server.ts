/** A server for mail programs, and a way to run them. */

import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { firstLine, mustEider, startEider } from '../cli/run-eider.ts';
import { placeOptions, takePlace } from '../engine-under-test.ts';

/** `eider serve` with one account. */
export interface TestServer {
  readonly folder: string;
  readonly imap: number;
  readonly lmtp: number;
  stop(): Promise<void>;
}

/** Name, address and password of the account. */
export const NAME = 'ann';
export const ADDRESS = 'ann@example.org';
export const PASSWORD = 'correct-horse';

/** Starts it on a new store of the engine under test. */
export async function startServer(): Promise<TestServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'eider-client-'));
  const { place, leave } = await takePlace();
  const where = placeOptions(place);
  await mustEider(['account', 'add', NAME, '--address', ADDRESS, '--password', PASSWORD, ...where]);
  const child = startEider(['serve', ...where, '--imap', '0', '--lmtp', '0', '--ready-json', '--insecure-auth']);
  const ports = JSON.parse(await firstLine(child)) as { imap: number; lmtp: number };
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    await rm(folder, { recursive: true, force: true });
    await leave();
    if (code !== 0) throw new Error(`the server ended with ${code}`);
  };
  return { folder, ...ports, stop };
}

/** Whether a program is installed; says so when it is not, because its tests are skipped then. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`${program} is not installed: its tests are skipped`);
    return false;
  }
}

/** Runs a program to its end and gives its output; rejects with all of it when the program fails. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...options.env };
    const child = execFile(
      program,
      [...args],
      { env, timeout: 40_000, encoding: 'latin1' },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${program} ${args.join(' ')}\n${error.message}\n${stdout}\n${stderr}`));
        else resolve(stdout);
      },
    );
    // A program that reads nothing may have ended already; how it ended is what counts.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}
