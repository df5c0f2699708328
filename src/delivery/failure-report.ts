/** Tells a sender that a message did not arrive: a delivery status notification. RFC 3464, RFC 6533. */

import { encode, wrap } from 'nodemailer/lib/qp';
import { type Entity, mailDate, multipart, newMessageId, textPart, writeMessage } from './mail-writer.ts';
import { wireAddress } from './wire-address.ts';

/** What did not arrive, and why. */
export interface DeliveryFailure {
  /** The sender's reverse path, restored where it was rewritten; `''` for none. */
  readonly from: string;
  /** For whom it came here before it was forwarded; `null` for what was sent from here. */
  readonly recipient: string | null;
  /** To whom it did not come. */
  readonly to: string;
  /** The answer of the other side, such as `550 5.1.1 no such user`; `null` for none. */
  readonly reply: string | null;
  /** What this host calls itself, a domain. */
  readonly host: string;
  /** Who reports, such as `postmaster@example.org`. */
  readonly postmaster: string;
  /** The header of the message, octets; at most 64 KB of it are told. */
  readonly header: Uint8Array;
  /** When it came, milliseconds since 1970. */
  readonly arrived: number;
}

/** A report, ready to be sent; its reverse path is empty. */
export interface FailureReport {
  readonly to: string;
  /** Octets, with CRLF. */
  readonly message: Buffer;
  readonly smtpUtf8: boolean;
}

const MAX_HEADER = 64 * 1024;
const MAX_REPLY = 900;
const LINE = 76;
const UNKNOWN_STATUS = '5.0.0';

/** The report; `null` when there is nobody to tell: reports are never answered by reports (RFC 5321 section 4.5.5). */
export function composeFailureReport(failure: DeliveryFailure, now: number): FailureReport | null {
  if (failure.from === '') return null;
  const to = wireAddress(failure.from);
  const from = wireAddress(failure.postmaster);
  const fields = [
    `From: Mail delivery <${from.address}>`,
    `To: <${to.address}>`,
    'Subject: Undelivered mail',
    `Date: ${mailDate(now)}`,
    `Message-ID: ${newMessageId(failure.postmaster)}`,
    'Auto-Submitted: auto-replied',
  ];
  const body = multipart('multipart/report; report-type=delivery-status', [
    textPart('plain', wordsOf(failure)),
    statusPart(failure, now),
    headerPart(failure.header),
  ]);
  return { to: to.address, message: writeMessage(fields, body), smtpUtf8: to.smtpUtf8 || from.smtpUtf8 };
}

function wordsOf({ recipient, to, reply }: DeliveryFailure): string {
  return [
    recipient === null
      ? 'Your message could not be delivered to'
      : `Your message to ${recipient} was forwarded, and could not be delivered to`,
    '',
    `    ${to}`,
    '',
    ...(reply === null
      ? ['No server would take it within three days.']
      : ['The answer was', '', `    ${oneLine(reply)}`]),
    '',
    'The header of the message is attached.',
    '',
  ].join('\n');
}

/** RFC 3464 sections 2.2 and 2.3. */
function statusPart({ recipient, to, reply, host, arrived }: DeliveryFailure, now: number): Entity {
  const text = [
    `Reporting-MTA: dns; ${host}`,
    `Arrival-Date: ${mailDate(arrived)}`,
    '',
    ...(recipient === null ? [] : [`Original-Recipient: ${typedAddress(recipient)}`]),
    `Final-Recipient: ${typedAddress(to)}`,
    'Action: failed',
    `Status: ${statusOf(reply)}`,
    ...(reply === null ? [] : [`Diagnostic-Code: smtp; ${oneLine(reply).replace(/[^ -~]/g, '?')}`]),
    `Last-Attempt-Date: ${mailDate(now)}`,
    '',
  ];
  return { fields: ['Content-Type: message/delivery-status'], text: text.join('\r\n') };
}

/** A permanent status, as the other side has it. RFC 3463 section 2. */
function statusOf(reply: string | null): string {
  return (reply && /\b5\d\d[ -](5\.\d{1,3}\.\d{1,3})\b/.exec(reply)?.[1]) || UNKNOWN_STATUS;
}

/** RFC 6533 section 3: in ASCII, whatever the address is. */
function typedAddress(address: string): string {
  const wire = wireAddress(address);
  if (!wire.smtpUtf8) return `rfc822; ${wire.address}`;
  const escaped = wire.address.replace(
    /[^!-~]|[\\+=]/gu,
    (character) => `\\x{${character.codePointAt(0)?.toString(16).toUpperCase().padStart(2, '0')}}`,
  );
  return `utf-8; ${escaped}`;
}

/** RFC 3462 section 3; RFC 6533 section 4.3 where it is not ASCII. */
function headerPart(header: Uint8Array): Entity {
  const octets = Buffer.from(header).subarray(0, MAX_HEADER).toString('latin1');
  const end = /\r?\n\r?\n/.exec(octets)?.index ?? octets.length;
  const lines = `${octets
    .slice(0, end)
    .replace(/\r\n|\r|\n/g, '\r\n')
    .replace(/(?:\r\n)*$/, '')}\r\n`;
  if (/^(?:[\t -~]{0,998}\r\n)*$/.test(lines)) return { fields: ['Content-Type: text/rfc822-headers'], text: lines };
  return {
    fields: ['Content-Type: message/global-headers', 'Content-Transfer-Encoding: quoted-printable'],
    text: wrap(encode(Buffer.from(lines, 'latin1')), LINE),
  };
}

const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_REPLY);
