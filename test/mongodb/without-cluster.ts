/** Stands for all that would run on MongoDB when there is no cluster, so that nobody takes it for tested. */

import { it } from 'vitest';
import { filesOnEveryEngine } from '../files-on-every-engine.ts';
import { findCluster } from './find-cluster.ts';

const found = findCluster();
const reason = 'reason' in found ? found.reason : '';

for (const file of filesOnEveryEngine()) it.skip(`${file} on MongoDB: ${reason}`, () => {});
