import { defineConfig } from 'vitest/config';

// Tests name the sources, and run what ships: every import of src/x.ts is answered by dist/x.js,
// which `npm test` builds first. Worker threads and child processes so load the same code.
export default defineConfig({
  resolve: {
    alias: [{ find: /^(.*)\/src\/(.*)\.ts$/, replacement: `$1/${process.env.EIDER_DIST ?? 'dist'}/$2.js` }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
