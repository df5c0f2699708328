/** GETQUOTA and GETQUOTAROOT. RFC 9208 section 4.1. */

import type { CommandHandler } from '../command.ts';
import { Refusal } from '../refusal.ts';
import type { Session } from '../session.ts';
import { astring, formatMailbox } from '../wire/write-string.ts';

/** The one quota root that each account has. */
const ROOT = 'account';
/** RFC 9208 section 5.1: STORAGE counts units of so many octets. */
const STORAGE_UNIT = 1024;

/** Tells use and limits of a quota root. */
export const getQuota: CommandHandler = {
  name: 'GETQUOTA',
  state: 'authenticated',
  async run(session, { scanner }) {
    scanner.space();
    const root = scanner.astring();
    scanner.end();
    if (root !== ROOT) throw new Refusal('NO', 'There is no such quota root', 'NONEXISTENT');
    session.out.write(await quotaResponse(session));
    return { text: 'Quota told' };
  },
};

/** Tells which quota root counts a mailbox, and its use and limits. */
export const getQuotaRoot: CommandHandler = {
  name: 'GETQUOTAROOT',
  state: 'authenticated',
  async run(session, { scanner }) {
    scanner.space();
    const path = scanner.mailbox();
    scanner.end();
    const mailbox = await session.store.mailbox(session.accountId, path);
    const quota = await quotaResponse(session);
    session.out.write(`* QUOTAROOT ${formatMailbox(mailbox.path, session.utf8)} ${astring(ROOT)}\r\n${quota}`);
    return { text: 'Quota told' };
  },
};

async function quotaResponse(session: Session): Promise<string> {
  const { limits, usage } = await session.store.quota(session.accountId);
  const resources: string[] = [];
  if (limits.octets !== null) {
    const used = Math.ceil(usage.octets / STORAGE_UNIT);
    resources.push(`STORAGE ${used} ${Math.floor(limits.octets / STORAGE_UNIT)}`);
  }
  if (limits.messages !== null) resources.push(`MESSAGE ${usage.messages} ${limits.messages}`);
  return `* QUOTA ${astring(ROOT)} (${resources.join(' ')})\r\n`;
}
