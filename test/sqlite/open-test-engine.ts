/** The embedded engine as the tests open it. */

import type { Engine } from '../../src/engine/engine.ts';
import { attachmentNamed } from '../../src/mime/attachment-named.ts';
import { searchTextExtractor } from '../../src/mime/extract-search-text.ts';
import { headerContains } from '../../src/mime/header-contains.ts';
import { openSqliteEngine, type SqliteEngineOptions } from '../../src/sqlite/sqlite-engine.ts';

export function openTestEngine(path: string, options: Partial<SqliteEngineOptions> = {}): Promise<Engine> {
  return openSqliteEngine({
    path,
    matchers: { headerContains, attachmentNamed },
    extractor: searchTextExtractor,
    ...options,
  });
}
