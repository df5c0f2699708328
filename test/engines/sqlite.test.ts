/** The embedded engine against the engines' conformance suite. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { engineSuite } from '../../src/testing/engine-suite.ts';
import { openTestEngine } from '../sqlite/open-test-engine.ts';
import { plantDamage } from '../sqlite/plant-damage.ts';

describe('SQLite in memory', () => {
  engineSuite({
    describe,
    it,
    supports: { persistence: false, processes: false },
    open: async () => ({ engine: await openTestEngine(':memory:') }),
  });
});

describe('SQLite in a folder', () => {
  engineSuite({
    describe,
    it,
    supports: { persistence: true, processes: true },
    plants: true,
    open: async () => {
      const path = await mkdtemp(join(tmpdir(), 'eider-engine-'));
      const reopen = () => openTestEngine(path);
      return {
        engine: await reopen(),
        reopen,
        plant: async (account, damage) => plantDamage(path, account, damage),
        dispose: () => rm(path, { recursive: true }),
      };
    },
  });
});
