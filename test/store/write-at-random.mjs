/** Random changes of one account; used in the test's process and in others. */

/**
 * Appends, flags, copies, moves and expunges, and tells `acknowledged` what each was answered with, after how many milliseconds.
 *
 * @param {import('../../src/store/message-store.ts').MessageStore} store
 * @param {string} account
 * @param {{ seed: number, count: number, UidSet: typeof import('../../src/model/uid-set.ts').UidSet }} options
 * @param {(told: { modSeq: number, ms: number, added?: { mailbox: string, uid: number, emailId?: number }[] }) => void} acknowledged
 */
export async function writeAtRandom(store, account, { seed, count, UidSet }, acknowledged) {
  let begun = 0;
  const tell = (told) => acknowledged({ ...told, ms: performance.now() - begun });
  let state = seed >>> 0;
  const pick = (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const boxes = ['INBOX', 'Archive', 'Sent'];
  const some = (uids) => UidSet.from([...uids].filter(() => pick(3) === 0));
  for (let index = 0; index < count; index++) {
    const from = boxes[pick(3)];
    const to = boxes[pick(3)];
    const uids = some(await store.uids(account, from));
    const kind = pick(10);
    begun = performance.now();
    if (kind < 4) {
      const raw = `Subject: ${seed}-${index}\r\n\r\n${'x'.repeat(pick(5000))}\r\n`;
      const { uid, modSeq, emailId } = await store.append(account, from, raw);
      tell({ modSeq, added: [{ mailbox: from, uid, emailId }] });
    } else if (kind < 7) {
      const flags = ['\\Seen', '\\Flagged', '\\Deleted', 'k1', 'k2'].filter(() => pick(2) === 0);
      const mode = ['add', 'remove', 'replace'][pick(3)];
      const { modSeq, changed } = await store.storeFlags(account, from, uids, { mode, flags });
      if (changed.length > 0) tell({ modSeq });
    } else if (kind < 9) {
      const result = kind === 7 ? await store.copy(account, from, uids, to) : await store.move(account, from, uids, to);
      if (result.to.length > 0) tell({ modSeq: result.modSeq, added: result.to.map((uid) => ({ mailbox: to, uid })) });
    } else {
      const result = await store.expunge(account, from, uids, { any: pick(2) === 0 });
      if (!result.uids.isEmpty) tell({ modSeq: result.modSeq });
    }
  }
}
