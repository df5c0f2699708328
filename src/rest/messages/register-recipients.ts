/** Keeps the addresses that somebody writes to, for completing what is typed next time. */

import type { AccountId } from '../../model/ids.ts';
import type { MessageStore } from '../../store/message-store.ts';
import type { RestLogger } from '../context.ts';

type Recipient = { readonly address: string; readonly name?: string | undefined };

/** Lists of recipients as a message names them. */
export interface Recipients {
  readonly to?: readonly Recipient[] | undefined;
  readonly cc?: readonly Recipient[] | undefined;
  readonly bcc?: readonly Recipient[] | undefined;
}

/** Keeps them. What was asked for is done already, so that this fails is said to nobody but the log. */
export async function registerRecipients(
  { store, context }: { readonly store: MessageStore; readonly context: { readonly logger: RestLogger | null } },
  account: AccountId,
  { to = [], cc = [], bcc = [] }: Recipients,
): Promise<void> {
  try {
    await store.addressRegister.remember(account, [...to, ...cc, ...bcc]);
  } catch (error) {
    context.logger?.warn({ err: error, account }, 'recipients were not kept in the register of addresses');
  }
}
