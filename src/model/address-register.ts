/** The addresses that accounts write to, for completing what somebody types. */

import type { AccountId } from './ids.ts';

/** Most addresses that are kept of an account; the one used longest ago is forgotten first. */
export const MAX_REGISTERED_ADDRESSES = 2_000;

/** An address of a register. */
export interface RegisteredAddress {
  /** 24 hex digits. */
  readonly id: string;
  /** In normal form. */
  readonly address: string;
  /** As it was last given with the address; `''` for none. */
  readonly name: string;
  /** Whether it is offered no more. */
  readonly disabled: boolean;
}

/** The registers of all accounts. */
export interface AddressRegister {
  /**
   * Addresses of which the localpart, a label of the domain, or a word of the name begins with what is asked for,
   * whatever its case and marks; or the whole of the address or the name does. Those used last come first. What is
   * disabled is left out.
   *
   * @param limit 1 to 250, default 20
   * @throws `INVALID_ARGUMENT`.
   */
  find(account: AccountId, query: string, options?: { readonly limit?: number }): Promise<RegisteredAddress[]>;
  /**
   * Keeps addresses, at most the first 100 that are given; what is no address is passed over. One that is disabled
   * stays as it is.
   */
  remember(
    account: AccountId,
    addresses: readonly { readonly address: string; readonly name?: string | undefined }[],
  ): Promise<void>;
  /** Says whether an address is offered; `false` for one that is not there. */
  setDisabled(account: AccountId, id: string, disabled: boolean): Promise<boolean>;
}
