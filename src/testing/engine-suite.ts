/** The conformance suite of engines: what every implementation of the contract must do. */

import { addCases } from './add-cases.ts';
import { annotationCases } from './annotation-cases.ts';
import { changeCases } from './change-cases.ts';
import { copyCases } from './copy-cases.ts';
import { directoryCases } from './directory-cases.ts';
import { flagCases } from './flag-cases.ts';
import { mailboxCases } from './mailbox-cases.ts';
import { referenceCases } from './reference-cases.ts';
import { searchCases } from './search-cases.ts';
import { type EngineSuiteOptions, Suite } from './suite.ts';
import { threadCases } from './thread-cases.ts';
import { transactionCases } from './transaction-cases.ts';
import { transferCases } from './transfer-cases.ts';
import { vaultCases } from './vault-cases.ts';
import { vaultRaceCases } from './vault-race-cases.ts';

/**
 * Registers the cases of the engine contract with a test framework. Each case opens an engine of its own and ends with
 * a check that must find nothing. Cases of what the engine says that it lacks are registered as skipped, with the
 * reason in their names.
 *
 * @example
 * ```ts
 * engineSuite({
 *   describe,
 *   it,
 *   supports: { persistence: false, processes: false },
 *   open: async () => ({ engine: await openMyEngine() }),
 * });
 * ```
 */
export function engineSuite(options: EngineSuiteOptions): void {
  const suite = new Suite(options);
  directoryCases(suite);
  mailboxCases(suite);
  annotationCases(suite);
  addCases(suite);
  flagCases(suite);
  copyCases(suite);
  threadCases(suite);
  changeCases(suite);
  transactionCases(suite);
  searchCases(suite);
  referenceCases(suite);
  transferCases(suite);
  vaultCases(suite);
  vaultRaceCases(suite);
}
