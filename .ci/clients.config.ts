import { defineConfig } from 'vitest/config';
import { DIST_ALIAS } from '../test/dist-alias.ts';
import { findCluster } from '../test/mongodb/find-cluster.ts';

// Mail programs of others, each in its own file; a program that is not installed is skipped and says so.
const programs = ['test/clients/*.client.ts'];
const onSqlite = {
  extends: true,
  test: { name: 'sqlite', include: programs, provide: { engine: 'sqlite', mongodb: null } },
} as const;
// Long, and about structure, windows and ciphers, which no engine changes.
const OF_ONE_ENGINE = [
  'test/clients/dovecot-differential.client.ts',
  'test/clients/thunderbird.client.ts',
  'test/clients/thunderbird-decryption.client.ts',
];
const onMongodb = {
  extends: true,
  test: {
    name: 'mongodb',
    include: programs,
    exclude: OF_ONE_ENGINE,
    globalSetup: 'test/mongodb/start-cluster.ts',
    provide: { engine: 'mongodb', mongodb: null },
  },
} as const;

export default defineConfig({
  resolve: { alias: DIST_ALIAS },
  test: {
    root: new URL('..', import.meta.url).pathname,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
    projects: 'reason' in findCluster() ? [onSqlite] : [onSqlite, onMongodb],
  },
});
