/** In which form a delivered message is stored. */

import { encryptMessage } from './encrypt-message.ts';
import type { EncryptionState } from './encryption-state.ts';
import { isEncrypted } from './is-encrypted.ts';

/**
 * The octets to store for an account: the message itself where encryption is off or the message is encrypted already,
 * otherwise its encrypted form.
 *
 * @param read gives the message from its beginning, each time it is called
 * @param now milliseconds since 1970
 * @throws `ENCRYPTION_FAILED`, see {@link encryptMessage}: nothing of the message may be stored then
 */
export async function* formAtRest(
  state: EncryptionState,
  read: () => AsyncIterable<Uint8Array>,
  now: number,
): AsyncGenerator<Uint8Array> {
  const asItIs = !state.enabled || (await isEncrypted(read()));
  yield* asItIs ? read() : encryptMessage(state, read(), now);
}
