/** Words of security keys and passkeys: what is asked of browsers, and what is kept. */

import type { AccountId } from './ids.ts';
import type { Scope } from './login-source.ts';

/** Whom browsers and keys take the store for. Keys are bound to it: with another `id`, none works any more. */
export interface RelyingParty {
  /** A domain, without scheme and port: that of the pages, or one above it. */
  readonly id: string;
  /** Shown by browsers while a key is registered. */
  readonly name: string;
  /** Pages whose answers count, such as `https://mail.example.org`; of Android apps, `android:apk-key-hash:` and so on. */
  readonly origins: readonly string[];
  /** The application id under which keys were registered with the old U2F API, an `https` URL. @defaultValue none: such keys do not work */
  readonly appId?: string;
}

/** A security key of an account, or a passkey. */
export interface SecurityKey {
  /** Names it within its account. */
  readonly id: string;
  /** As its owner calls it. */
  readonly name: string;
  /** By which API it was registered. A U2F key that was registered by WebAuthn is `webauthn`. */
  readonly kind: 'webauthn' | 'u2f';
  /** Whether it lets in without a name and a password, as far as the browser has told. */
  readonly passkey: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly lastUse: { readonly time: number; readonly address: string; readonly scope: Scope } | null;
}

/** A key that was registered with the old U2F API, as the service kept it. */
export interface U2fKey {
  /** 1 to 255 octets. */
  readonly keyHandle: Uint8Array;
  /** A point of P-256, uncompressed: 65 octets, the first of them 4. */
  readonly publicKey: Uint8Array;
  /** The last count that the key has told; a whole number from 0 up to 4294967295. */
  readonly counter: number;
}

/** A key in the options for browsers. */
export interface KeyDescriptor {
  readonly type: 'public-key';
  /** Base64url. */
  readonly id: string;
  readonly transports?: readonly string[];
}

/** For `PublicKeyCredential.parseCreationOptionsFromJSON` and `navigator.credentials.create` of a browser. */
export interface KeyCreationOptions {
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: {
    /** The account's id, base64url of its UTF-8. */
    readonly id: string;
    readonly name: string;
    readonly displayName: string;
  };
  /** Base64url. */
  readonly challenge: string;
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[];
  /** Milliseconds. */
  readonly timeout: number;
  readonly excludeCredentials: readonly KeyDescriptor[];
  readonly authenticatorSelection: {
    readonly residentKey: 'discouraged' | 'preferred' | 'required';
    readonly requireResidentKey: boolean;
    readonly userVerification: 'discouraged' | 'preferred' | 'required';
  };
  readonly attestation: 'none';
  readonly extensions: { readonly credProps: true; readonly appidExclude?: string };
}

/** For `PublicKeyCredential.parseRequestOptionsFromJSON` and `navigator.credentials.get` of a browser. */
export interface KeyRequestOptions {
  /** Base64url. */
  readonly challenge: string;
  readonly rpId: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Empty for passkeys: the browser offers what it has. */
  readonly allowCredentials: readonly KeyDescriptor[];
  readonly userVerification: 'discouraged' | 'required';
  /** `appid` when a key of the account was registered with the old U2F API. */
  readonly extensions?: { readonly appid: string };
}

/** What the `toJSON()` of a browser's `PublicKeyCredential` gives: not trusted, and checked in all its parts. */
export type KeyResponse = Readonly<Record<string, unknown>>;

/**
 * Security keys and passkeys. Without a relying party, what asks or hears a key rejects with `UNSUPPORTED`.
 *
 * @example
 * ```ts
 * await using store = await openStore({
 *   path: './mail',
 *   authentication: { relyingParty: { id: 'example.org', name: 'Example', origins: ['https://mail.example.org'] } },
 * });
 * const { id } = await store.accounts.create({ name: 'ann', password: 'correct horse' });
 * const options = await store.auth.beginSecurityKey(id);
 * // In the browser: PublicKeyCredential.parseCreationOptionsFromJSON(options), navigator.credentials.create, toJSON().
 * declare const response: Record<string, unknown>;
 * await store.auth.finishSecurityKey(id, 'blue key', response);
 * ```
 */
export interface SecurityKeyAuthentication {
  /**
   * Begins to register a key: nothing changes until {@link SecurityKeyAuthentication.finishSecurityKey}, within five
   * minutes. One registration of an account is open at a time; the latest counts.
   *
   * @param options.passkey `true` asks for a passkey, with a PIN or the like; `false` for a mere second factor.
   *   @defaultValue what the key can
   * @throws `UNSUPPORTED` also when the package `@simplewebauthn/server` is not installed; `ACCOUNT_NOT_FOUND`;
   *   `LIMIT_EXCEEDED` when there are 20 keys.
   * @see W3C Web Authentication Level 3, section 7.1
   */
  beginSecurityKey(account: AccountId, options?: { readonly passkey?: boolean }): Promise<KeyCreationOptions>;
  /**
   * Registers what the browser answered. From now on a password alone does not end a login.
   *
   * @param name 1 to 100 characters, no control characters.
   * @throws `INVALID_ARGUMENT` when the answer is not right, late, or not the first one to these options, or the key is
   *   there already; nothing was stored. `LIMIT_EXCEEDED`, `ACCOUNT_NOT_FOUND`.
   */
  finishSecurityKey(account: AccountId, name: string, response: KeyResponse): Promise<SecurityKey>;
  /** Takes over a key that was registered with the old U2F API. @throws `INVALID_ARGUMENT`, `LIMIT_EXCEEDED`, `ACCOUNT_NOT_FOUND`. */
  addU2fKey(account: AccountId, name: string, key: U2fKey): Promise<SecurityKey>;
  /** In the order in which they were made. */
  securityKeys(account: AccountId): Promise<SecurityKey[]>;
  /** Resolves with whether it was there. @throws `INVALID_ARGUMENT` for a name that none can have. */
  renameSecurityKey(account: AccountId, id: string, name: string): Promise<boolean>;
  /** Ends sessions that it let in as a passkey. Resolves with whether it was there. */
  removeSecurityKey(account: AccountId, id: string): Promise<boolean>;
  /**
   * Asks for one of the account's keys as a second factor; the answer goes to `completeLogin` with the same ticket. One
   * question of a ticket is open at a time, the latest, and it is answered once, right or wrong.
   *
   * @throws `INVALID_ARGUMENT` when the ticket is unknown, used or over, or the account has no key that could answer.
   */
  beginSecondFactor(ticket: string): Promise<KeyRequestOptions>;
  /** Asks for a passkey of whatever account; the answer goes to `completePasskey`, within five minutes. Writes nothing, so anybody may ask. */
  beginPasskey(): Promise<KeyRequestOptions>;
}
