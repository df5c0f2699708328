/** Harms an account's database past the engine, as a failing disk or a defect would. */

import { join } from 'node:path';
import { loadDriver } from '../../src/sqlite/driver.ts';
import type { PlantedDamage } from '../../src/testing/suite.ts';

const SQL: Readonly<Record<PlantedDamage, string>> = {
  mailboxCounter: 'UPDATE mailbox SET messages = messages + 1',
  accountCounter: 'UPDATE state SET octets = octets + 1',
  lostContent: 'DELETE FROM content WHERE id = (SELECT min(id) FROM content)',
  nextId: 'UPDATE state SET nextId = 1',
  uidNext: 'UPDATE mailbox SET uidNext = 2',
  strayAnnotation: "UPDATE annotation SET mailbox = 99999 WHERE name = '/private/stray'",
};

/** Where the database of an account is. */
export function accountDatabase(path: string, account: string): string {
  return join(path, 'accounts', account.slice(-2), `${account}.db`);
}

/** Runs SQL on an account's database through a connection of its own. */
export function tamper(path: string, account: string, sql: string): void {
  const { DatabaseSync } = loadDriver();
  const db = new DatabaseSync(accountDatabase(path, account));
  try {
    db.exec('PRAGMA busy_timeout = 5000');
    db.exec(sql);
  } finally {
    db.close();
  }
}

/** Plants one of the suite's damages. */
export function plantDamage(path: string, account: string, damage: PlantedDamage): void {
  tamper(path, account, SQL[damage]);
}
