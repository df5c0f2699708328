/** The splitter under messages that nobody would send; `npm run fuzz -- --target mime` feeds it with many more. */

import { expect, test } from 'vitest';
import { fuzzMime } from '../fuzz/fuzz-mime.mjs';

test('400 messages come back octet by octet, and everything can be asked of them', async () => {
  const { understood, found } = await fuzzMime({ seed: 1, count: 400 });
  expect(found).toEqual([]);
  expect(understood).toBeGreaterThan(80);
});
