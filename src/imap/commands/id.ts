/** ID. RFC 2971. */

import type { CommandHandler } from '../command.ts';
import type { ClientId } from '../options.ts';
import { Refusal } from '../refusal.ts';
import { decodeUtf8, encodeUtf8 } from '../wire/mailbox-name.ts';
import type { Scanner } from '../wire/scanner.ts';
import { imapString } from '../wire/write-string.ts';

/** RFC 2971 section 3.3: at most 30 pairs. */
const MAX_PAIRS = 30;

/** Takes note of who the client is, and says who the server is. */
export const id: CommandHandler = {
  name: 'ID',
  state: 'any',
  run(session, { scanner }) {
    scanner.space();
    const client = scanner.tryWord('NIL') ? {} : readPairs(scanner);
    scanner.end();
    session.clientName = [client.name, client.version].filter(Boolean).join(' ') || null;
    session.context.options.onClientId?.(client, session.info);
    const server = session.context.options.serverId ?? { name: 'eider' };
    const fields = Object.entries(server).map(
      ([name, value]) => `${imapString(encodeUtf8(name))} ${imapString(encodeUtf8(value))}`,
    );
    session.out.write(`* ID ${fields.length === 0 ? 'NIL' : `(${fields.join(' ')})`}\r\n`);
    return { text: 'Pleased to meet you' };
  },
};

function readPairs(scanner: Scanner): ClientId {
  const pairs = scanner.list(
    (item): [string, string | null] => {
      const name = item.string();
      item.space();
      return [decode(name).toLowerCase(), decode(item.nstring())];
    },
    { empty: true },
  );
  if (pairs.length > MAX_PAIRS) throw new Refusal('BAD', `ID takes at most ${MAX_PAIRS} fields`);
  return Object.fromEntries(pairs);
}

function decode<T extends string | null>(octets: T): T {
  return (octets === null ? null : (decodeUtf8(octets) ?? octets)) as T;
}
