/** Where the function that makes search text is found, by this thread and by others. */

import type { SearchTextExtractor } from './search-index.ts';

/** A function, named so that any thread can load it. */
export interface ExtractorPlace {
  /** URL of a module. */
  readonly module: string;
  /** Name of the export, a {@link SearchTextExtractor}. */
  readonly name: string;
}

/** Loads the function. */
export async function loadExtractor({ module, name }: ExtractorPlace): Promise<SearchTextExtractor> {
  const exports = (await import(module)) as Record<string, SearchTextExtractor | undefined>;
  const extract = exports[name];
  if (!extract) throw new Error(`${module} has no ${name}`);
  return extract;
}
