/** How an account's octets lie on the fast tier. */

import type { TierUsage } from '../engine/records.ts';
import type { Database } from './database.ts';

/** Counts pages and rows. Reads the whole text table, so it is for reports. */
export function tierUsage(db: Database): TierUsage {
  const main = pages(db, 'main');
  const search = pages(db, 'search');
  const text =
    db.get<{ n: number }>('SELECT coalesce(sum(length(header) + length(text)), 0) AS n FROM content')?.n ?? 0;
  return {
    text,
    metadata: Math.max(0, main.used - text),
    search: search.used,
    free: main.free + search.free,
  };
}

function pages(db: Database, schema: string): { used: number; free: number } {
  const pragma = (name: string): number =>
    Object.values(db.get<Record<string, number>>(`PRAGMA ${schema}.${name}`) ?? {})[0] ?? 0;
  const size = pragma('page_size');
  const free = pragma('freelist_count') * size;
  return { used: pragma('page_count') * size - free, free };
}
