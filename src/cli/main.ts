#!/usr/bin/env node
/** The `eider` command: finds the command named, runs it, and turns what goes wrong into a line and an exit code. */

import { readFileSync } from 'node:fs';
import { inspect, stripVTControlCharacters } from 'node:util';
import { type CommandDef, renderUsage, runCommand } from 'citty';
import { isEiderError } from '../errors.ts';
import { UsageError } from './command.ts';
import { isUri, maskUris } from './store-place.ts';

type Loader = () => Promise<CommandDef>;

// Each command is loaded when it is called, so that `eider --help` needs no database driver.
const COMMANDS: Record<string, Loader> = {
  serve: async () => (await import('./serve.ts')).serve,
  account: async () => (await import('./account.ts')).account,
  address: async () => (await import('./address.ts')).address,
  domain: async () => (await import('./domain.ts')).domain,
  'forward-address': async () => (await import('./forward-address.ts')).forwardAddress,
  'app-password': async () => (await import('./app-password.ts')).appPassword,
  'second-factor': async () => (await import('./second-factor.ts')).secondFactor,
  filter: async () => (await import('./filter.ts')).filter,
  spam: async () => (await import('./spam.ts')).spam,
  token: async () => (await import('./token.ts')).token,
  key: async () => (await import('./key.ts')).key,
  log: async () => (await import('./log.ts')).log,
  dkim: async () => (await import('./dkim.ts')).dkim,
  'auto-reply': async () => (await import('./auto-reply.ts')).autoReply,
  forwarding: async () => (await import('./forwarding.ts')).forwarding,
  import: async () => (await import('./import.ts')).importCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  migrate: async () => (await import('./migrate.ts')).migrate,
  restore: async () => (await import('./restore.ts')).restore,
  retention: async () => (await import('./retention.ts')).retention,
  hold: async () => (await import('./hold.ts')).hold,
  jobs: async () => (await import('./jobs.ts')).jobs,
  check: async () => (await import('./check.ts')).check,
  gc: async () => (await import('./gc.ts')).gc,
  stats: async () => (await import('./stats.ts')).stats,
  mongodb: async () => (await import('./mongodb.ts')).mongodb,
  demo: async () => (await import('./demo.ts')).demo,
};

const root: CommandDef = {
  meta: { name: 'eider', description: 'A mail store to embed, and its servers' },
  subCommands: COMMANDS,
};

process.stdout.on('error', endOnBrokenPipe);
process.stderr.on('error', endOnBrokenPipe);
hideSecrets(process.argv.slice(2));
await main(process.argv.slice(2));

async function main(args: string[]): Promise<void> {
  try {
    if (args[0] === '--version' || args[0] === '-v') console.log(version());
    else if (asksForHelp(args)) console.log(await usage(args));
    else if (args.length === 0) throw new UsageError(`no command given\n\n${await usage(args)}`);
    else await runCommand(root, { rawArgs: args });
  } catch (error) {
    report(error);
  }
}

/** Connection strings hold passwords, and the list of processes is everybody's to read. */
function hideSecrets(args: readonly string[]): void {
  if (args.some((arg) => isUri(arg.replace(/^--[a-z-]+=/, '')))) process.title = `eider ${args[0]}`;
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h');
}

/** What `--help` prints for the command that the line names. */
async function usage(args: readonly string[]): Promise<string> {
  let command = root;
  let parent: CommandDef | undefined;
  const path: string[] = [];
  for (const name of args) {
    const children = command.subCommands as Record<string, Loader> | undefined;
    const child = children && Object.hasOwn(children, name) ? children[name] : undefined;
    if (!child) break;
    path.push(path.length === 0 ? 'eider' : (args[path.length - 1] as string));
    parent = { meta: { name: path.join(' ') } };
    command = await child();
  }
  const text = await renderUsage(command, parent);
  return process.stdout.isTTY ? text : stripVTControlCharacters(text);
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** One line on stderr; the stack with EIDER_DEBUG=1. Code 2 when the line was wrong, 1 when the work failed. */
function report(error: unknown): void {
  const isUsage = error instanceof UsageError || (error instanceof Error && error.name === 'CLIError');
  process.exitCode = isUsage ? 2 : 1;
  if (process.env.EIDER_DEBUG === '1') console.error(maskUris(inspect(error)));
  const message = maskUris(error instanceof Error ? error.message : String(error));
  const code = isEiderError(error) ? ` (${error.code})` : '';
  console.error(`eider: ${stripVTControlCharacters(message)}${code}`);
  if (isUsage && !message.includes('\n')) console.error('eider: --help after a command tells its options');
}

/** `eider stats | head` is no failure worth a stack. */
function endOnBrokenPipe(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
}
