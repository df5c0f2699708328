/** Asks a server that can tell how it would carry statements out. */

import type { Db, Document } from 'mongodb';
import { EXCEPTIONS } from './command-rules.ts';
import type { SentCommand } from './command-watch.ts';

/** Fields of commands that decide on the plan. */
const PLANNED: Readonly<Record<string, readonly string[]>> = {
  find: ['filter', 'sort', 'projection', 'limit', 'hint'],
  aggregate: ['pipeline', 'hint'],
  update: ['updates'],
  delete: ['deletes'],
  findAndModify: ['query', 'update', 'remove', 'upsert', 'sort'],
};

/** Whether the server can. */
export async function explains(db: Db): Promise<boolean> {
  const command = { explain: { find: 'mail', filter: { _id: '', account: '' } }, verbosity: 'queryPlanner' };
  return db.command(command).then(
    () => true,
    () => false,
  );
}

/** Statements, each kind once, for which the server would read through a collection. */
export async function scanning(db: Db, sent: readonly SentCommand[]): Promise<string[]> {
  const asked = new Map<string, Document>();
  for (const one of sent) {
    if (!PLANNED[one.name] || EXCEPTIONS.some(({ is }) => is(one))) continue;
    for (const command of split(one)) asked.set(shapeOf(command), command);
  }
  const found: string[] = [];
  for (const [shape, command] of asked) {
    const plan = JSON.stringify(await db.command({ explain: command, verbosity: 'queryPlanner' }));
    if (plan.includes('"stage":"COLLSCAN"')) found.push(shape);
  }
  return found;
}

/** A server explains one update or delete at a time. */
function split({ name, collection, command }: SentCommand): Document[] {
  const fields = (PLANNED[name] ?? []).filter((field) => command[field] !== undefined);
  const plain = Object.fromEntries([[name, collection], ...fields.map((field) => [field, command[field]])]);
  if (name === 'aggregate') return [{ ...plain, cursor: {} }];
  const list = name === 'update' ? 'updates' : name === 'delete' ? 'deletes' : null;
  return list ? command[list].map((part: Document) => ({ ...plain, [list]: [part] })) : [plain];
}

/** The same for statements that differ in values only. */
function shapeOf(command: Document): string {
  return JSON.stringify(command, (_, value) =>
    typeof value === 'string' && !value.startsWith('$') ? '?' : Array.isArray(value) ? value.slice(0, 1) : value,
  ).replace(/\d+/g, '0');
}
