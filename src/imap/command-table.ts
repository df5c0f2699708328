/** All commands, by name. A new command is a file in `commands/` and a line here. */

import type { CommandHandler } from './command.ts';
import { append } from './commands/append.ts';
import { cancelUpdate } from './commands/cancelupdate.ts';
import { capability } from './commands/capability.ts';
import { close, unselect } from './commands/close.ts';
import { compress } from './commands/compress.ts';
import { copy, move } from './commands/copy.ts';
import { create } from './commands/create.ts';
import { deleteMailbox } from './commands/delete.ts';
import { enable } from './commands/enable.ts';
import { esearch } from './commands/esearch.ts';
import { expunge } from './commands/expunge.ts';
import { fetch } from './commands/fetch.ts';
import { id } from './commands/id.ts';
import { idle } from './commands/idle.ts';
import { list, lsub } from './commands/list.ts';
import { authenticate, login } from './commands/login.ts';
import { logout } from './commands/logout.ts';
import { getMetadata, setMetadata } from './commands/metadata.ts';
import { namespace } from './commands/namespace.ts';
import { check, noop } from './commands/noop.ts';
import { notify } from './commands/notify.ts';
import { getQuota, getQuotaRoot } from './commands/quota.ts';
import { rename } from './commands/rename.ts';
import { replace } from './commands/replace.ts';
import { search } from './commands/search.ts';
import { examine, select } from './commands/select.ts';
import { sort } from './commands/sort.ts';
import { starttls } from './commands/starttls.ts';
import { status } from './commands/status.ts';
import { store } from './commands/store.ts';
import { subscribe, unsubscribe } from './commands/subscribe.ts';
import { thread } from './commands/thread.ts';
import { unauthenticate } from './commands/unauthenticate.ts';
import { xlist } from './commands/xlist.ts';
import type { Command } from './wire/command-reader.ts';

const HANDLERS: readonly CommandHandler[] = [
  append,
  authenticate,
  cancelUpdate,
  capability,
  check,
  close,
  compress,
  copy,
  create,
  deleteMailbox,
  enable,
  esearch,
  examine,
  expunge,
  fetch,
  getMetadata,
  getQuota,
  getQuotaRoot,
  id,
  idle,
  list,
  login,
  logout,
  lsub,
  move,
  namespace,
  noop,
  notify,
  rename,
  replace,
  search,
  select,
  setMetadata,
  sort,
  starttls,
  status,
  store,
  subscribe,
  thread,
  unauthenticate,
  unselect,
  unsubscribe,
  xlist,
];

const BY_NAME: ReadonlyMap<string, CommandHandler> = new Map(HANDLERS.map((handler) => [handler.name, handler]));

/** Who runs a command, or `undefined` for one that there is not. */
export function findCommand({ name, uid }: Pick<Command, 'name' | 'uid'>): CommandHandler | undefined {
  const handler = BY_NAME.get(name);
  return uid && !handler?.uid ? undefined : handler;
}
