/** The store that a command works on: `--data`, `--attachments`, and their environment variables. */

import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type OpenStoreOptions, openStore } from '../open-store.ts';
import type { MessageStore } from '../store/message-store.ts';
import { CommandError } from './command.ts';

/** Options that every command has. */
export const dataArgs = {
  data: { type: 'string', valueHint: 'DIR', description: 'Folder of the store; else EIDER_DATA, else ./eider-data' },
  attachments: {
    type: 'string',
    valueHint: 'DIR',
    description: 'Folder of the attachments; else EIDER_ATTACHMENTS, else as last time',
  },
} as const;

/** Values of {@link dataArgs}. */
export interface DataOptions {
  readonly data?: string | undefined;
  readonly attachments?: string | undefined;
}

/** The store's folder, absolute. */
export function dataFolder(options: DataOptions): string {
  return path.resolve(options.data || process.env.EIDER_DATA || 'eider-data');
}

/**
 * Opens the store.
 *
 * @throws {@link CommandError} when there is none and `create` is not set: a misspelt folder must not become a store.
 */
export async function openDataFolder(
  options: DataOptions,
  create = false,
  more: Pick<OpenStoreOptions, 'peers'> = {},
): Promise<MessageStore> {
  const folder = dataFolder(options);
  if (!existsSync(folder)) {
    if (!create) throw new CommandError(`there is no store in ${folder} (name one with --data or EIDER_DATA)`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const attachmentsPath = await attachmentsFolder(folder, options.attachments || process.env.EIDER_ATTACHMENTS);
  return openStore({ path: folder, ...more, ...(attachmentsPath === null ? {} : { attachmentsPath }) });
}

/** Remembers where a store's attachments are: who once forgets the option must not find them missing. */
async function attachmentsFolder(folder: string, given: string | undefined): Promise<string | null> {
  const note = path.join(folder, 'attachments-folder');
  const known = (await readFile(note, 'utf8').catch(() => '')).trim();
  if (!given) return known === '' ? null : known;
  const chosen = path.resolve(given);
  if (chosen !== known) {
    await writeFile(`${note}.new`, `${chosen}\n`);
    await rename(`${note}.new`, note);
  }
  return chosen;
}

/** Runs `work` on the store and closes it, whatever happens. */
export async function withStore<T>(
  options: DataOptions,
  work: (store: MessageStore) => Promise<T>,
  { create = false }: { readonly create?: boolean } = {},
): Promise<T> {
  const store = await openDataFolder(options, create);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Runs `work` with a signal that Ctrl-C and SIGTERM abort, so that the store is closed in good order. */
export async function untilStopped<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    // Who asks twice does not want to wait.
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const result = await work(controller.signal);
    controller.signal.throwIfAborted();
    return result;
  } catch (error) {
    // Whatever gave way to the signal, the reason is that somebody stopped it.
    if (controller.signal.aborted) throw new CommandError('stopped before the end', { cause: error });
    throw error;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
