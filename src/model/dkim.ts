/** DKIM: the keys by which domains sign their mail, and what has to be published of them. RFC 6376. */

/** What a key signs with. RFC 8301, RFC 8463. */
export type DkimAlgorithm = 'rsa-sha256' | 'ed25519-sha256';

/** Every {@link DkimAlgorithm}. */
export const DKIM_ALGORITHMS: readonly DkimAlgorithm[] = ['rsa-sha256', 'ed25519-sha256'];

/** The record of type TXT under which verifiers look for a key. RFC 6376 section 3.6.2. */
export interface DkimRecord {
  /** With A-labels and without the root's dot; of the default key without a domain. */
  readonly name: string;
  /** All of the text. */
  readonly value: string;
  /** The same in the strings that a record is made of, of at most 255 octets each, to be joined without a space. */
  readonly strings: readonly string[];
}

/** A key of a domain. Its private part leaves the store in no form. */
export interface DkimKey {
  /** In normal form, Unicode; `*` for the key of all domains that have none. */
  readonly domain: string;
  /** In lower case. */
  readonly selector: string;
  readonly algorithm: DkimAlgorithm;
  /** Of the modulus; 256 for Ed25519. */
  readonly bits: number;
  /** SHA-256 of the public key (SubjectPublicKeyInfo), in lower-case hex. */
  readonly fingerprint: string;
  /** Whether mail is signed with it. */
  readonly active: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** What speaks against it, for people; `null` for nothing. */
  readonly warning: string | null;
  readonly record: DkimRecord;
}

/** How a key is called and used. */
export interface DkimKeyOptions {
  /** Labels of a domain name, such as `2027-a`. @defaultValue the date and the algorithm, such as `20270131-rsa` */
  readonly selector?: string;
  /** Whether mail is signed with it from now on: only where its record can be found already. @defaultValue `false` */
  readonly active?: boolean;
}

/** How a message is signed. */
export interface DkimSignOptions {
  /** When the signature ends, in seconds after it was made; at least 1. @defaultValue never */
  readonly validSeconds?: number;
  readonly signal?: AbortSignal;
}

/**
 * The keys of all domains. Domains are taken in any form and compared in one, `*` being that of all domains that have no
 * active key. Of each algorithm one key of a domain is active, so that a message has up to two signatures. A key is
 * replaced without a gap by four steps: make another, publish its record, activate it, and remove the old one days
 * later, when no mail that it signed is on its way any more.
 *
 * Every method that takes a domain throws `DOMAIN_INVALID`, and every one that takes a selector `DKIM_KEY_INVALID` for
 * what can be none.
 */
export interface DkimKeys {
  /**
   * Makes a key: RSA of 2048 bits, or Ed25519.
   *
   * @param algorithm default `rsa-sha256`, which all verifiers know
   * @throws `DKIM_KEY_INVALID` for a selector that is taken; `LIMIT_EXCEEDED` over 16 keys of a domain; `UNSUPPORTED`
   *   for a store without a secret to seal it under.
   */
  create(domain: string, options?: DkimKeyOptions & { readonly algorithm?: DkimAlgorithm }): Promise<DkimKey>;
  /**
   * Takes a key over.
   *
   * @param key PEM (PKCS #1 or PKCS #8, not encrypted), or the 32 octets of an Ed25519 key in base64
   * @throws as {@link DkimKeys.create}; `DKIM_KEY_INVALID` for what is no private key, is neither RSA nor Ed25519, or has
   *   fewer than 1,024 or more than 4,096 bits (RFC 8301 section 3.2).
   */
  import(domain: string, key: string, options?: DkimKeyOptions): Promise<DkimKey>;
  /** Those of a domain, or of all, by domain and selector. */
  list(domain?: string): Promise<DkimKey[]>;
  get(domain: string, selector: string): Promise<DkimKey | null>;
  /** Signs with this one from now on, and no more with the other of its algorithm; `null` when it is not there. */
  activate(domain: string, selector: string): Promise<DkimKey | null>;
  /** Signs with it no more; `null` when it is not there. */
  deactivate(domain: string, selector: string): Promise<DkimKey | null>;
  /** `false` when it is not there. An active one signs no more. */
  remove(domain: string, selector: string): Promise<boolean>;
  /**
   * Signs a message for a domain with all of its active keys.
   *
   * @param message octets as they will be sent; line ends of any kind are signed as CRLF, which is what SMTP sends
   * @returns the fields to be put before the message, each with CRLF; `''` when there is no active key
   * @throws `UNSUPPORTED` when a key cannot be opened under the store's secret; `LIMIT_EXCEEDED` for a header of more
   *   than 1 MB; `ABORTED`; and what `message` throws.
   */
  sign(
    domain: string,
    message: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options?: DkimSignOptions,
  ): Promise<string>;
}
