/** Names of DKIM: domains, selectors, and the DNS record in which both meet. RFC 6376 sections 3.1 and 3.6.2. */

import { domainToASCII } from 'node:url';
import { EiderError } from '../errors.ts';
import { normalizeDomain } from '../model/address.ts';
import type { DkimAlgorithm, DkimRecord } from '../model/dkim.ts';

/** Stands for all domains that have no key of their own. */
export const ANY_DOMAIN = '*';

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** RFC 1035 section 2.3.4. */
const MAX_NAME = 253;
/** RFC 1035 section 3.3. */
const MAX_STRING = 255;

/** A domain in its one form, or `*`. @throws `DOMAIN_INVALID`. */
export function dkimDomain(domain: string): string {
  const trimmed = domain.trim();
  if (trimmed === ANY_DOMAIN) return ANY_DOMAIN;
  if (trimmed.startsWith('[')) throw new EiderError('DOMAIN_INVALID', 'an address literal has no keys');
  try {
    return normalizeDomain(trimmed);
  } catch (error) {
    throw new EiderError('DOMAIN_INVALID', 'this is no domain name', { cause: error });
  }
}

/** A selector in lower case; with its domain it has to fit into a name. @throws `DKIM_KEY_INVALID`. */
export function dkimSelector(selector: string, domain: string): string {
  const normal = selector.trim().toLowerCase();
  if (!normal.split('.').every((label) => LABEL.test(label))) {
    throw new EiderError('DKIM_KEY_INVALID', 'a selector is made of letters, digits and hyphens, such as "2027-a"');
  }
  if (recordName(normal, domain).length > MAX_NAME) {
    throw new EiderError('DKIM_KEY_INVALID', 'the selector is too long for a name in that domain');
  }
  return normal;
}

/** What is published: without `h=`, as RFC 8301 leaves one digest, and in full where a tag could be left out. */
export function dkimRecord(
  domain: string,
  selector: string,
  { algorithm, published }: { readonly algorithm: DkimAlgorithm; readonly published: string },
): DkimRecord {
  const value = `v=DKIM1; k=${algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519'}; p=${published}`;
  const strings = value.match(new RegExp(`.{1,${MAX_STRING}}`, 'g')) ?? [];
  return { name: recordName(selector, domain), value, strings };
}

/** RFC 6376 section 3.5, tag `d=`: names are in A-labels. */
export function recordName(selector: string, domain: string): string {
  return domain === ANY_DOMAIN ? `${selector}._domainkey` : `${selector}._domainkey.${domainToASCII(domain)}`;
}
