/**
 * For people who write an engine: the suite that every engine passes, and made-up messages to fill one with.
 *
 * @module
 * @example
 * ```ts
 * import { describe, it } from 'node:test';
 * import { engineSuite } from 'eider/testing';
 *
 * engineSuite({ describe, it, supports: { persistence: false, processes: false }, open: async () => ({ engine: myEngine() }) });
 * ```
 */

export { engineSuite } from './engine-suite.ts';
export { type MadeBlob, type MadeContentOptions, madeBlobId, makeContent } from './make-content.ts';
export type { EngineHarness, EngineSuiteOptions, PlantedDamage, TestFramework } from './suite.ts';
