/** Encryption of what comes into mailboxes by other ways than delivery, as the store wants it. */

import { type EncryptionState, encryptsAny, encryptsInto } from '../crypto/encryption-state.ts';
import { formAtRest } from '../crypto/form-at-rest.ts';
import { isEncrypted } from '../crypto/is-encrypted.ts';
import { SealedSpool } from '../crypto/sealed-spool.ts';
import { splitMessage } from '../mime/split-message.ts';
import type { Content } from '../model/content.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import type { StoreContext } from '../store/context.ts';
import type { AccountAtRest, EncryptionAtRest } from '../store/encryption-at-rest.ts';
import { readEncryptionState } from './account-rules.ts';

type Parts = Pick<StoreContext, 'engine' | 'blobs' | 'maxMessageSize'>;

/** Over the records of all accounts. */
export class RecordedEncryption implements EncryptionAtRest {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async of(account: AccountId): Promise<AccountAtRest | null> {
    const state = await readEncryptionState(this.#parts.engine.vault, account);
    return encryptsAny(state) ? new EncryptedAccount(this.#parts, state) : null;
  }
}

class EncryptedAccount implements AccountAtRest {
  readonly #parts: Parts;
  readonly #state: EncryptionState;

  constructor(parts: Parts, state: EncryptionState) {
    this.#parts = parts;
    this.#state = state;
  }

  covers(mailbox: MailboxId): boolean {
    return encryptsInto(this.#state, mailbox);
  }

  async take(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Content> {
    const { maxMessageSize: maxOctets } = this.#parts;
    const octets = source instanceof Uint8Array ? [source] : source;
    await using spool = await SealedSpool.take(octets, { maxOctets, ...(signal && { signal }) });
    return await this.#stored(() => spool.read());
  }

  async encrypted(read: () => AsyncIterable<Uint8Array>): Promise<Content | null> {
    return (await isEncrypted(read())) ? null : this.#stored(read);
  }

  #stored(read: () => AsyncIterable<Uint8Array>): Promise<Content> {
    const state = { ...this.#state, enabled: true };
    return splitMessage(formAtRest(state, read, Date.now()), this.#parts.blobs);
  }
}
