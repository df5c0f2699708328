/** Which messages are forwarded, what is put before them, and how a circle of forwards ends. RFC 5321 sections 4.4 and 6.3. */

import { EiderError } from '../errors.ts';
import { type HeaderField, unfold } from '../mime/header-fields.ts';
import { decodeOctets } from '../mime/text-decoding.ts';
import { normalizeAddress } from '../model/address.ts';
import { attempt } from '../store/address-resolver.ts';
import { mailDate } from './mail-writer.ts';
import { wireAddress } from './wire-address.ts';

/** Received fields of a message that goes on no more. RFC 5321 section 6.3: at least 100. */
export const MAX_RECEIVED = 100;

/** A domain with A-labels, or an address literal. RFC 5321 section 4.4, `Extended-Domain`. */
const HOST = /^(?:[\w.-]{1,253}|\[[\w.:]{1,64}\])$/;
const ID = /^[\w-]{1,64}$/;

/**
 * Ends what goes in a circle: a message that was brought to this recipient before, or has been on its way too long.
 *
 * A Delivered-To of the recipient counts below a Received field: what stands above all of these was put there by the
 * mail transfer agent before us, which has just now brought it.
 *
 * @param fields of the header as the message came, from the top
 * @throws `MAIL_LOOP`.
 */
export function requireNoLoop(fields: readonly HeaderField[], recipient: string): void {
  const own = normalOrNull(recipient);
  let received = 0;
  for (const { name, value } of fields) {
    if (name === 'received') received++;
    if (received === 0 || name !== 'delivered-to' || own === null) continue;
    if (normalOrNull(decodeOctets(unfold(value))) === own) {
      throw new EiderError('MAIL_LOOP', 'the message was delivered to this recipient before');
    }
  }
  if (received > MAX_RECEIVED)
    throw new EiderError('MAIL_LOOP', `the message has more than ${MAX_RECEIVED} hops behind it`);
}

/** What a message was forwarded by. */
export interface ForwardTrace {
  /** For whom it came. */
  readonly recipient: string;
  /** What this host calls itself. */
  readonly host: string;
  /** Names the message here: 1 to 64 letters, digits, `-` and `_`. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The fields to put before a message that is forwarded, each with CRLF: by Delivered-To we know it again, and Received
 * counts the hop for those who do not.
 *
 * @throws `INVALID_ARGUMENT` for a host or an id that would be no word of a header.
 */
export function forwardFields({ recipient, host, id, now }: ForwardTrace): {
  readonly text: string;
  readonly smtpUtf8: boolean;
} {
  if (!HOST.test(host) || !ID.test(id))
    throw new EiderError('INVALID_ARGUMENT', 'the host or the id cannot stand in a header');
  const { address, smtpUtf8 } = wireAddress(normalizeAddress(recipient));
  const text = `Delivered-To: ${address}\r\nReceived: by ${host} id ${id}\r\n\tfor <${address}>; ${mailDate(now)}\r\n`;
  return { text, smtpUtf8 };
}

const normalOrNull = (address: string): string | null =>
  attempt(() => normalizeAddress(address.trim().replace(/^<(.*)>$/, '$1')));
