/** What a client makes of its own STORE when it asked not to be told. RFC 9051 section 6.4.6. */

import { UidSet } from '../../../src/model/uid-set.ts';
import type { Answer, ModelClient } from './model-client.ts';
import { changedFlags } from './predict.ts';
import type { WrittenCommand } from './write-command.ts';

/** Changes the flags that the client knows, but for messages that were told of or left alone. */
export function applySilentStore({ view }: ModelClient, written: WrittenCommand, answer: Answer): void {
  const { command, uid, targets } = written;
  if (command.kind !== 'store' || !command.silent || answer.status !== 'OK') return;
  const told = answer.fetched.filter(({ flags }) => flags !== null);
  const skipped = new Set(told.map((each) => each.uid || written.view[each.seq - 1]));
  const modified = /^MODIFIED (\S+)/.exec(answer.code)?.[1];
  for (const number of modified ? UidSet.parse(modified) : []) skipped.add(uid ? number : written.view[number - 1]);
  const wanted = new Set(targets.filter((target) => !skipped.has(target)));
  for (const slot of view.slots) {
    if (!wanted.has(slot.uid) || (slot.flags === null && command.mode !== '')) continue;
    view.setFlags(slot, changedFlags(slot.flags ?? '', command));
  }
}
