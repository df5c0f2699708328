/** One SASL login of a protocol against the store's authentication. RFC 4422. */

import { TLSSocket } from 'node:tls';
import type { Authentication, LoginOutcome, LoginSource, ScramLogin } from '../model/authentication.ts';
import { channelBindings } from './sasl/channel-bindings.ts';
import type { SaslContext, SaslCredentials, SaslFailure } from './sasl/mechanism.ts';

/** A login that was granted. */
export type GrantedLogin = Extract<LoginOutcome, { readonly kind: 'granted' }>;

/** What was not granted. */
export type RefusedLogin = Exclude<LoginOutcome, { readonly kind: 'granted' }>;

/** Names of the mechanisms that a connection announces, the strongest first. LOGIN is taken, but no mail client needs it. */
export function announcedMechanisms(auth: Authentication, { socket }: { readonly socket: object }): string[] {
  return [
    ...(auth.offersScram && socket instanceof TLSSocket ? ['SCRAM-SHA-256-PLUS'] : []),
    ...(auth.offersScram ? ['SCRAM-SHA-256'] : []),
    ...(auth.bearer ? ['OAUTHBEARER', 'XOAUTH2'] : []),
    'PLAIN',
  ];
}

/** Asks the store about what a mechanism brings, and remembers why it said no. */
export class SaslLogin {
  readonly #auth: Authentication;
  readonly #source: LoginSource;
  #scram: ScramLogin | null = null;
  #refused: RefusedLogin | null = null;

  constructor(auth: Authentication, source: LoginSource) {
    this.#auth = auth;
    this.#source = source;
  }

  /** What the store and the connection offer. */
  async context({ socket }: { readonly socket: object }): Promise<SaslContext> {
    this.#scram = await this.#auth.beginScram(this.#source);
    const { bearer } = this.#auth;
    return {
      channelBindings: this.#scram && socket instanceof TLSSocket ? channelBindings(socket) : [],
      ...(this.#scram && { scram: this.#scram }),
      ...(bearer && { bearer }),
    };
  }

  /** Whom credentials let in. */
  async admit(credentials: SaslCredentials): Promise<GrantedLogin | null> {
    const first = await this.#verify(credentials);
    const { authzid } = credentials;
    const outcome =
      authzid === null || credentials.kind === 'bearer'
        ? first
        : await this.#auth.impersonate(first, authzid, this.#source);
    if (outcome.kind === 'granted') return outcome;
    this.#refused = outcome;
    return null;
  }

  /** Why nobody was let in. */
  async refusal({ authcid }: SaslFailure): Promise<RefusedLogin> {
    if (this.#refused) return this.#refused;
    const outcome = await this.#scram?.failed(authcid);
    return outcome && outcome.kind !== 'granted' ? outcome : { kind: 'refused', reason: 'credentials' };
  }

  #verify(credentials: SaslCredentials): Promise<LoginOutcome> {
    switch (credentials.kind) {
      case 'password':
        return this.#auth.authenticate(credentials.authcid, credentials.password, this.#source);
      case 'bearer':
        return this.#auth.authenticateBearer(credentials.token, credentials.authzid, this.#source);
      case 'scram':
        return this.#scram?.proven(credentials.authcid) ?? Promise.resolve({ kind: 'refused', reason: 'credentials' });
    }
  }
}
