/** Where the tests find MongoDB, told without asking it: a cluster by its URI, a `mongod` to start, or nothing. */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A cluster that runs, a program that can be one, or why there is neither. */
export type Finding = { readonly uri: string } | { readonly binary: string } | { readonly reason: string };

/** Looks at the environment: the URI comes first. */
export function findCluster(env: NodeJS.ProcessEnv = process.env): Finding {
  if (env.EIDER_TEST_MONGODB_URI) return { uri: env.EIDER_TEST_MONGODB_URI };
  const named = env.MONGOMS_SYSTEM_BINARY;
  if (named) return isProgram(named) ? { binary: named } : { reason: `MONGOMS_SYSTEM_BINARY is no program: ${named}` };
  const name = process.platform === 'win32' ? 'mongod.exe' : 'mongod';
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const binary = folders.map((folder) => join(folder, name)).find(isProgram);
  return binary === undefined ? { reason: 'no EIDER_TEST_MONGODB_URI, and no mongod on the PATH' } : { binary };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
