/** Changes as text and back. */

import { expect, it } from 'vitest';
import { formatItems, parseChange } from '../../src/engine/change-text.ts';
import type { ChangeItem } from '../../src/model/change.ts';
import { UidSet } from '../../src/model/uid-set.ts';

it('every kind of change comes back as it was', () => {
  const items: ChangeItem[] = [
    { type: 'mailboxCreated', mailboxId: 1, path: 'a "quoted" ü/b' },
    { type: 'mailboxRenamed', mailboxId: 1, path: 'c' },
    { type: 'mailboxDeleted', mailboxId: 2, path: 'd' },
    { type: 'mailboxChanged', mailboxId: 3 },
    { type: 'added', mailboxId: 1, uids: UidSet.parse('1:4,7,4294967295') },
    { type: 'flags', mailboxId: 1, uids: UidSet.of(9) },
    { type: 'expunged', mailboxId: 1, uids: UidSet.empty },
  ];
  expect(parseChange({ modSeq: 5, time: 6, items: formatItems(items) })).toEqual({ modSeq: 5, time: 6, items });
});
