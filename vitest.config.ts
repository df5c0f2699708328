import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { DIST, DIST_ALIAS } from './test/dist-alias.ts';
import { filesOnEveryEngine } from './test/files-on-every-engine.ts';
import { findCluster } from './test/mongodb/find-cluster.ts';

const MONGODB = [
  'test/mongodb/*.test.ts',
  'test/*/mongodb*.test.ts',
  'test/*/*-mongodb.test.ts',
  'test/*/cluster*.test.ts',
];
const found = findCluster();

// Tests name the sources, and run what ships: every import of src/x.ts is answered by dist/x.js,
// which `npm test` builds first. Worker threads and child processes so load the same code. It is left to
// Node.js to load, as it will be for those who install it; transformed for each test file it took thrice the time.
export default defineConfig({
  resolve: {
    alias: DIST_ALIAS,
  },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    server: { deps: { external: [DIST] } },
    // Many tests wait, for processes and for time to go by.
    maxWorkers: Math.max(2, Math.min(4, availableParallelism() + 1)),
    projects: [
      {
        extends: true,
        test: {
          name: 'sqlite',
          // To load everything anew for each file took a quarter of the time.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: MONGODB,
          provide: { engine: 'sqlite', mongodb: null },
        },
      },
      {
        extends: true,
        test: {
          name: 'mongodb',
          include: [...MONGODB, ...('reason' in found ? ['test/mongodb/without-cluster.ts'] : filesOnEveryEngine())],
          globalSetup: 'test/mongodb/start-cluster.ts',
          provide: { engine: 'mongodb', mongodb: null },
        },
      },
    ],
  },
});
