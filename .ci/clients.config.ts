import { defineConfig } from 'vitest/config';

// Mail programs of others, each in its own file; a program that is not installed is skipped and says so.
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/clients/*.client.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
  },
});
