/** A store with two accounts that have all kinds of mail, for what is done to whole stores. */

import path from 'node:path';
import { openStore } from '../../src/open-store.ts';
import { mustEider } from './run-eider.ts';
import { noise, oddMessages, withAttachment } from './sample-maildir.ts';

/** A store with two accounts, attachments in a folder of their own. */
export async function makeStore(folder: string, count: number): Promise<{ data: string; attachments: string }> {
  const [data, attachments] = [path.join(folder, 'data'), path.join(folder, 'attachments')];
  await mustEider(['account', 'add', 'ann', '--password', 'old secret', '--data', data, '--attachments', attachments]);
  await mustEider(['account', 'add', 'bob', '--password', 'bobs secret', '--data', data]);
  await using store = await openStore({ path: data, attachmentsPath: attachments });
  for (const name of ['ann', 'bob']) {
    const { id } = await store.accounts.get(name);
    for (const octets of Object.values(oddMessages()))
      await store.append(id, 'INBOX', octets, { flags: ['\\Flagged'] });
    for (let n = 0; n < count; n++) {
      await store.append(id, 'Archive', withAttachment(`number ${n}`, noise(`${n % 7}`, 60_000), 76));
    }
  }
  return { data, attachments };
}

/** Lines of JSON. */
export const json = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
