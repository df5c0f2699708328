/** Opens the store that a command works on. */

import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { EiderError, isEiderError } from '../errors.ts';
import { type OpenStoreOptions, openParts, openStore } from '../open-store.ts';
import type { StoreContext } from '../store/context.ts';
import type { MessageStore } from '../store/message-store.ts';
import { CommandError } from './command.ts';
import { maskUris, type Place, type StoreOptions, type StorePlace, showPlace, storePlace } from './store-place.ts';

/**
 * Opens the store.
 *
 * @throws {@link CommandError} when there is none and `create` is not set: a misspelt name must not become a store.
 */
export async function openPlace(
  place: StorePlace,
  create = false,
  more: Pick<OpenStoreOptions, 'peers' | 'outgoing'> = {},
): Promise<MessageStore> {
  const where = await whereOf(place, create);
  try {
    return await openStore({ ...where, ...(await secretOf(process.env)), ...more, create });
  } catch (error) {
    throw named(error, place);
  }
}

/**
 * The secret under which seeds are sealed, of the file that EIDER_SECRET_FILE names: on another disk than the store, or
 * who steals the one has the other.
 */
export async function secretOf(env: NodeJS.ProcessEnv): Promise<Pick<OpenStoreOptions, 'secret'>> {
  const file = env.EIDER_SECRET_FILE;
  return file ? { secret: await readSecret(file) } : {};
}

/** All octets of a file. */
export async function readSecret(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CommandError(`the secret in ${file} cannot be read`, { cause: error });
  }
}

/** The parts of a store, closed with the block that uses them. */
export interface OpenedParts extends AsyncDisposable {
  readonly parts: StoreContext;
}

/** The same as {@link openPlace} for who works on the engine itself. */
export async function openPartsAt(place: StorePlace, create: boolean): Promise<OpenedParts> {
  const where = await whereOf(place, create);
  try {
    const parts = await openParts({ ...where, create });
    const close = (): Promise<void> => parts.engine.close().then(() => parts.blobs.close());
    return { parts, [Symbol.asyncDispose]: close };
  } catch (error) {
    throw named(error, place);
  }
}

/** Runs `work` on the store and closes it, whatever happens. */
export async function withStore<T>(
  options: StoreOptions,
  work: (store: MessageStore) => Promise<T>,
  { create = false }: { readonly create?: boolean } = {},
): Promise<T> {
  const store = await openPlace(storePlace(options), create);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** The folder for what a command remembers of its own work: the store's, or for a cluster one of this user's. */
export function stateFolder({ store }: StorePlace): string {
  if (store.kind === 'folder') return store.folder;
  const states = process.env.XDG_STATE_HOME || path.join(homedir(), '.local', 'state');
  return path.resolve(process.env.EIDER_STATE || path.join(states, 'eider'));
}

type Where = Pick<OpenStoreOptions, 'path' | 'attachmentsPath' | 'mongodb' | 'attachments'>;

async function whereOf({ store, attachments }: StorePlace, create: boolean): Promise<Where> {
  if (store.kind === 'mongodb') return { mongodb: store.uri, ...attachmentsOf(attachments) };
  if (!existsSync(store.folder)) {
    if (!create) throw new CommandError(`there is no store in ${store.folder} (name one with --data or EIDER_DATA)`);
    await mkdir(store.folder, { recursive: true, mode: 0o700 });
  }
  return { path: store.folder, ...attachmentsOf(await rememberAttachments(store.folder, attachments)) };
}

function attachmentsOf(place: Place | null): Pick<OpenStoreOptions, 'attachmentsPath' | 'attachments'> {
  if (place === null) return {};
  return place.kind === 'folder' ? { attachmentsPath: place.folder } : { attachments: place.uri };
}

/**
 * Notes where a folder's attachments are: who once forgets the option must not find them missing. Of a connection
 * string only what is no secret is noted, so it has to be given each time.
 */
async function rememberAttachments(folder: string, given: Place | null): Promise<Place | null> {
  const note = path.join(folder, 'attachments-folder');
  const known = (await readFile(note, 'utf8').catch(() => '')).trim();
  if (given === null) {
    if (known.startsWith('mongodb')) {
      throw new CommandError(`the attachments of ${folder} are on ${known}: name it with --attachments-mongodb`);
    }
    return known === '' ? null : { kind: 'folder', folder: known };
  }
  const chosen = showPlace(given);
  if (chosen !== known) {
    await writeFile(`${note}.new`, `${chosen}\n`);
    await rename(`${note}.new`, note);
  }
  return given;
}

/** What the cluster says says seldom which cluster it was. */
function named(error: unknown, { store, attachments }: StorePlace): unknown {
  const places = [store, attachments].flatMap((place) => (place?.kind === 'mongodb' ? [showPlace(place)] : []));
  if (places.length === 0 || !isEiderError(error)) return error;
  return new EiderError(error.code, maskUris(`${places.join(', ')}: ${error.message}`), { cause: error });
}
