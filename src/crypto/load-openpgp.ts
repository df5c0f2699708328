/** Loads the OpenPGP library when it is first needed, and says what it may use. */

import type { PartialConfig } from 'openpgp';
import { EiderError } from '../errors.ts';

/** The library; most stores never encrypt, and it takes a tenth of a second to load. */
export type OpenPgp = typeof import('openpgp');

/** Fewest bits of an RSA key. */
export const MIN_RSA_BITS = 2048;

let loading: Promise<OpenPgp> | null = null;

/** @throws `UNSUPPORTED` when it is not installed. */
export function loadOpenPgp(): Promise<OpenPgp> {
  loading ??= import('openpgp').catch((cause: unknown) => {
    loading = null;
    throw new EiderError('UNSUPPORTED', 'the package openpgp cannot be loaded', { cause });
  });
  return loading;
}

/**
 * What counts whatever the program has set in the library's own, global options. ElGamal and DSA are refused, and of the
 * authenticated modes GCM comes first, as OCB takes JavaScript programs 60 times as long to decrypt.
 */
export function openPgpConfig({ enums }: OpenPgp): PartialConfig {
  return {
    minRSABits: MIN_RSA_BITS,
    rejectPublicKeyAlgorithms: new Set([enums.publicKey.elgamal, enums.publicKey.dsa]),
    preferredSymmetricAlgorithm: enums.symmetric.aes256,
    preferredAEADAlgorithm: enums.aead.gcm,
    enableParsingV5Entities: false,
    allowMissingKeyFlags: false,
  };
}
