/** Where logins come from, and what they are for. */

/** What a login is for. */
export const SCOPES = ['imap', 'pop3', 'submission', 'rest', 'jmap'] as const;

/** What a login is for. */
export type Scope = (typeof SCOPES)[number];

/** Where an attempt comes from. */
export interface LoginSource {
  readonly scope: Scope;
  /** IP address of the client. */
  readonly address: string;
  /** What the client says of itself: IMAP ID, user agent. At most 256 characters are kept. */
  readonly client?: string | null;
  /** Whether who asks has the owner of an account with a custom second factor give it, once the password was right. @defaultValue `false` */
  readonly asksCustomFactor?: boolean;
}
