/** Addresses as mail transfer agents take them: with A-labels wherever that makes them ASCII. RFC 6531 section 3.2. */

import { domainToASCII } from 'node:url';
import { splitAddress } from '../model/address.ts';

/** An address on its way out. */
export interface WireAddress {
  readonly address: string;
  /** Whether it cannot be written in ASCII, so that only SMTPUTF8 carries it. */
  readonly smtpUtf8: boolean;
}

const NOT_ASCII = /[^\x00-\x7f]/;

/** An address in the form for an envelope or a header; `''` stays what it is. */
export function wireAddress(address: string): WireAddress {
  if (!NOT_ASCII.test(address)) return { address, smtpUtf8: false };
  const parts = splitAddress(address);
  const domain = parts && !NOT_ASCII.test(parts.localpart) ? domainToASCII(parts.domain) : '';
  if (!parts || domain === '') return { address, smtpUtf8: true };
  return { address: `${parts.localpart}@${domain}`, smtpUtf8: false };
}
