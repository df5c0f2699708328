/** An account with a key, of whose mailboxes one is encrypted, and what its owner reads. */

import { decrypt, generateKey, readMessage, readPrivateKey } from 'openpgp';
import type { OpenStoreOptions } from '../../src/open-store.ts';
import type { CreateAccountOptions } from '../../src/store/message-store.ts';
import { type Fixture, openTestStore } from '../store/store-fixture.ts';

/** The account's address. */
export const ADDRESS = 'ann@example.org';

/** What a test has. */
export interface EncryptedFixture extends Fixture {
  /** What is in the message that was stored; fails where it is not encrypted. */
  readonly decrypted: (raw: Buffer) => Promise<Buffer>;
}

/** An account of which `Secret` is encrypted, and gets what comes for `ann+secret`. Its key ends in ten days. */
export async function openEncrypted(
  options: Partial<OpenStoreOptions> & { readonly account?: Partial<CreateAccountOptions> } = {},
): Promise<EncryptedFixture> {
  const fixture = await openTestStore({ ...options, account: { addresses: [ADDRESS], ...options.account } });
  const { store, account } = fixture;
  const date = new Date(Date.now() - 60_000);
  const userIDs = [{ email: ADDRESS }];
  const { publicKey, privateKey } = await generateKey({
    type: 'curve25519',
    userIDs,
    date,
    keyExpirationTime: 864_000,
  });
  await store.encryption.addKey(account, publicKey);
  await store.encryption.configure(account, { subject: 'hidden' });
  const { id } = await store.createMailbox(account, 'Secret');
  await store.encryption.configureMailbox(account, id, true);
  await store.filters.create(account, { conditions: { test: 'tag', is: 'secret' }, actions: { mailbox: 'Secret' } });
  return { ...fixture, decrypted: (raw) => read(raw, privateKey) };
}

/** Milliseconds since 1970 at which the key has ended. */
export const afterTheKey = (): number => Date.now() + 20 * 86_400_000;

async function read(raw: Buffer, armoredKey: string): Promise<Buffer> {
  const armoredMessage = /-----BEGIN PGP MESSAGE-----[\s\S]*-----END PGP MESSAGE-----/.exec(
    raw.toString('latin1'),
  )?.[0];
  const message = await readMessage({ armoredMessage: armoredMessage ?? '' });
  const { data } = await decrypt({ message, decryptionKeys: await readPrivateKey({ armoredKey }), format: 'binary' });
  return Buffer.from(data as Uint8Array);
}
