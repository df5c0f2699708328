/** What delivery needs of a store. */

import type { Account } from '../model/account.ts';
import type { AccountId } from '../model/ids.ts';
import type { StoreContext } from '../store/context.ts';

/** What delivery needs of a store. */
export interface DeliveryContext {
  readonly store: StoreContext;
  /** Who gets mail for an address. */
  resolve(address: string): Promise<Account | null>;
  /** Whether an account takes mail at all. */
  takesMail(account: AccountId): Promise<boolean>;
}
