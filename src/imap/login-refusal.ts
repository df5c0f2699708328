/** What a login that is not granted is answered. RFC 5530 section 3. */

import type { LoginOutcome, RefusalReason } from '../model/authentication.ts';
import { Refusal } from './refusal.ts';

type Answer = readonly [code: string, text: string];

// ALERT where a person has to do something: clients show it.
const ANSWERS: Readonly<Record<RefusalReason, Answer>> = {
  credentials: ['AUTHENTICATIONFAILED', 'Invalid credentials'],
  rateLimited: ['LIMIT', 'Too many failed logins'],
  appPasswordRequired: ['ALERT', 'An app password is required: the account has a second factor'],
  scope: ['AUTHORIZATIONFAILED', 'The app password is not for IMAP'],
  network: ['AUTHORIZATIONFAILED', 'The app password is not for this address'],
  impersonation: ['AUTHORIZATIONFAILED', 'Acting for that account is not allowed'],
  expired: ['EXPIRED', 'The password has expired'],
  mustChange: ['ALERT', 'The password must be changed first'],
  disabled: ['CONTACTADMIN', 'The account is disabled'],
  suspended: ['CONTACTADMIN', 'The account is suspended'],
  secondFactor: ['AUTHENTICATIONFAILED', 'Invalid credentials'],
  ticket: ['AUTHENTICATIONFAILED', 'Invalid credentials'],
};

/** The refusal of a login. */
export function loginRefusal(outcome: Exclude<LoginOutcome, { readonly kind: 'granted' }>): Refusal {
  // IMAP cannot ask for a second factor.
  const reason = outcome.kind === 'refused' ? outcome.reason : 'appPasswordRequired';
  const [code, text] = ANSWERS[reason];
  const wait = outcome.kind === 'refused' ? (outcome.retryAfterMs ?? 0) : 0;
  return new Refusal('NO', wait > 0 ? `${text}, try again in ${Math.ceil(wait / 1000)} seconds` : text, code);
}
