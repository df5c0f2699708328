/** The embedded engine as the tests open it: with made-up messages' own way to search text. */

import type { Engine } from '../../src/engine/engine.ts';
import { headerContains } from '../../src/mime/header-contains.ts';
import { openSqliteEngine, type SqliteEngineOptions } from '../../src/sqlite/sqlite-engine.ts';
import { MADE_EXTRACTOR } from '../../src/testing/make-content.ts';

export function openTestEngine(path: string, options: Partial<SqliteEngineOptions> = {}): Promise<Engine> {
  return openSqliteEngine({ path, headerContains, extractor: MADE_EXTRACTOR, ...options });
}
