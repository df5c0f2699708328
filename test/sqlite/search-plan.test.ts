/** What SQLite looks at for a search: the rows that can match where few can. */

import { expect, it } from 'vitest';
import { DELETED, SEEN } from '../../src/model/flags.ts';
import type { SearchQuery } from '../../src/model/search-query.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { Database } from '../../src/sqlite/database.ts';
import { loadDriver } from '../../src/sqlite/driver.ts';
import { migrateAccount } from '../../src/sqlite/schema.ts';
import { searchPlacements } from '../../src/sqlite/search-sql.ts';

/** How SQLite finds the rows of a search. */
function planOf(query: SearchQuery): string {
  const db = new Database(loadDriver(), ':memory:');
  try {
    migrateAccount(db.raw);
    let plan = '';
    const watched = Object.create(db, {
      get: {
        value: (sql: string) => {
          const rows = db.raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[];
          plan = rows.map((row) => row.detail).join('\n');
          return undefined;
        },
      },
    }) as Database;
    searchPlacements(watched, 1, query);
    return plan;
  } finally {
    db.close();
  }
}

const deleted: SearchQuery = { key: 'flag', mask: DELETED, set: true };
const range: SearchQuery = { key: 'uid', set: UidSet.range(1, 1_000_000) };

it('what has \\Deleted is found without looking at the other messages', () => {
  for (const query of [deleted, { key: 'and', of: [range, deleted] }] as const) {
    const plan = planOf(query);
    expect(plan).toContain('SEARCH placement USING INDEX placementDeleted (mailbox=?)');
    expect(plan).toContain('SEARCH p USING PRIMARY KEY (mailbox=? AND uid=?)');
  }
});

it('a search in which others can match looks at all of them', () => {
  for (const query of [
    range,
    { key: 'flag', mask: DELETED, set: false },
    { key: 'flag', mask: SEEN, set: true },
    { key: 'not', of: deleted },
    { key: 'or', of: [deleted, range] },
  ] as const) {
    expect(planOf(query)).toContain('SEARCH p USING PRIMARY KEY');
  }
});
