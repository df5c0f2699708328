/** Where a store lies, as a command line and its environment name it: a folder or MongoDB, and the attachments apart. */

import path from 'node:path';
import { UsageError } from './command.ts';

/** Options of every command that works on a store. */
export const storeArgs = {
  data: { type: 'string', valueHint: 'DIR', description: 'Folder of the store; else EIDER_DATA, else ./eider-data' },
  attachments: {
    type: 'string',
    valueHint: 'DIR',
    description: 'Folder of the attachments; else EIDER_ATTACHMENTS, else as last time',
  },
  mongodb: {
    type: 'string',
    valueHint: 'URI',
    description:
      'MongoDB cluster of the store, instead of a folder; else EIDER_MONGODB, which no list of processes shows',
  },
  'attachments-mongodb': {
    type: 'string',
    valueHint: 'URI',
    description: 'MongoDB cluster of the attachments; else EIDER_ATTACHMENTS_MONGODB, else that of the store',
  },
} as const;

/** Values of {@link storeArgs}. */
export interface StoreOptions {
  readonly data?: string | undefined;
  readonly attachments?: string | undefined;
  readonly mongodb?: string | undefined;
  readonly 'attachments-mongodb'?: string | undefined;
}

/** A folder, absolute, or a cluster by its connection string. */
export type Place =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'mongodb'; readonly uri: string };

/** Where a store lies. */
export interface StorePlace {
  readonly store: Place;
  /** `null` when nothing was said. */
  readonly attachments: Place | null;
}

/** Works out the place; an option goes before the environment. @throws {@link UsageError} when two places are named. */
export function storePlace(options: StoreOptions, env: NodeJS.ProcessEnv = process.env): StorePlace {
  const store = choose(
    { '--data': options.data, '--mongodb': options.mongodb },
    { EIDER_DATA: env.EIDER_DATA, EIDER_MONGODB: env.EIDER_MONGODB },
  );
  const attachments = choose(
    { '--attachments': options.attachments, '--attachments-mongodb': options['attachments-mongodb'] },
    { EIDER_ATTACHMENTS: env.EIDER_ATTACHMENTS, EIDER_ATTACHMENTS_MONGODB: env.EIDER_ATTACHMENTS_MONGODB },
  );
  return { store: store ?? folderPlace('eider-data'), attachments };
}

/** A place that may be either: what begins like a connection string is one. */
export function placeOf(text: string): Place {
  return isUri(text) ? { kind: 'mongodb', uri: text } : folderPlace(text);
}

/** The place as it may be shown: a connection string without names, passwords and parameters. */
export function showPlace(place: Place): string {
  return place.kind === 'folder' ? place.folder : maskUris(place.uri);
}

/** Takes user, password and parameters out of every connection string in a text. */
export function maskUris(text: string): string {
  return text.replace(/(mongodb(?:\+srv)?:\/\/)([^\s'"`<>]*)/gi, (_, scheme: string, rest: string) => {
    const at = rest.lastIndexOf('@');
    const shown = rest.slice(at + 1).replace(/\?.*$/s, '');
    return `${scheme}${at < 0 ? '' : '***@'}${shown}`;
  });
}

/** Whether it looks like a connection string. */
export const isUri = (text: string): boolean => /^mongodb(?:\+srv)?:\/\//i.test(text);

/** The options that take a connection string. */
const URI_OPTIONS = ['--mongodb', '--attachments-mongodb'] as const;

/** A command line without the options that hold connection strings. */
export function withoutUris(args: readonly string[]): string[] {
  const isTaken = (arg: string | undefined): boolean => URI_OPTIONS.some((name) => name === arg);
  return args.filter(
    (arg, index) =>
      !isTaken(arg) && !isTaken(args[index - 1]) && !URI_OPTIONS.some((name) => arg.startsWith(`${name}=`)),
  );
}

/** The environment that says the same as the connection strings of a place. */
export function envOf({ store, attachments }: StorePlace): Record<string, string> {
  return {
    ...(store.kind === 'mongodb' && { EIDER_MONGODB: store.uri }),
    ...(attachments?.kind === 'mongodb' && { EIDER_ATTACHMENTS_MONGODB: attachments.uri }),
  };
}

type Named = Readonly<Record<string, string | undefined>>;

/** The first is a folder, the second a connection string; of the options, or else of the environment. */
function choose(options: Named, env: Named): Place | null {
  for (const named of [options, env]) {
    const [folder, uri] = Object.entries(named).map(([name, value]) => ({ name, value }));
    if (folder?.value && uri?.value) throw new UsageError(`${folder.name} and ${uri.name} name two places`);
    if (folder?.value) {
      if (isUri(folder.value))
        throw new UsageError(`${folder.name} takes a folder; ${uri?.name} takes ${showPlace(placeOf(folder.value))}`);
      return folderPlace(folder.value);
    }
    if (uri?.value) {
      if (!isUri(uri.value)) throw new UsageError(`${uri.name} takes a connection string that begins with mongodb://`);
      return { kind: 'mongodb', uri: uri.value };
    }
  }
  return null;
}

const folderPlace = (folder: string): Place => ({ kind: 'folder', folder: path.resolve(folder) });
