/** The splitter under messages that nobody would send; `npm run fuzz -- --target mime` feeds it with many more. */

import { expect, test } from 'vitest';
import { fuzzMime } from '../fuzz/fuzz-mime.mjs';

test('300 messages come back octet by octet, and everything can be asked of them', async () => {
  const { understood, found } = await fuzzMime({ seed: 1, count: 300 });
  expect(found).toEqual([]);
  expect(understood).toBeGreaterThan(60);
});
