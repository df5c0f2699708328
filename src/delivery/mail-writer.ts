/** Writes header fields and parts of messages that the store makes itself. RFC 5322, RFC 2045 to 2047. */

import { randomUUID } from 'node:crypto';
import { domainToASCII } from 'node:url';
import libmime from 'libmime';
import { encode, wrap } from 'nodemailer/lib/qp';
import { splitAddress } from '../model/address.ts';

const LINE = 76;
const ENCODED_WORD = LINE - 24;

/** A part, or the end of a message's header and its body. */
export interface Entity {
  readonly fields: readonly string[];
  /** Lines with CRLF. */
  readonly text: string;
}

/** A whole message. @param fields each `Name: value`, of one line, with nothing in it but what may stand there */
export function writeMessage(fields: readonly string[], { fields: more, text }: Entity): Buffer {
  const header = [...fields, 'MIME-Version: 1.0', ...more].map((field) => libmime.foldLines(field, LINE));
  return Buffer.from(`${header.join('\r\n')}\r\n\r\n${text}`);
}

/** Parts one after the other, between lines that stand in none of them. @param type such as `multipart/alternative` */
export function multipart(type: string, parts: readonly Entity[]): Entity {
  const boundary = `=_${randomUUID()}`;
  const texts = parts.map(({ fields, text }) => `--${boundary}\r\n${fields.join('\r\n')}\r\n\r\n${text}\r\n`);
  return { fields: [`Content-Type: ${type}; boundary="${boundary}"`], text: `${texts.join('')}--${boundary}--\r\n` };
}

/** Text in the plainest encoding that brings it over any relay as it is. */
export function textPart(subtype: 'plain' | 'html', text: string): Entity {
  const lines = text.replace(/\r\n|\r|\n/g, '\r\n').replace(/(?:\r\n)*$/, '\r\n');
  const isPlain = /^(?:[\t -~]{0,76}\r\n)*$/.test(lines) && !/[\t ]\r\n|^From |\r\nFrom /.test(lines);
  return {
    fields: [
      `Content-Type: text/${subtype}; charset=${isPlain ? 'us-ascii' : 'utf-8'}`,
      `Content-Transfer-Encoding: ${isPlain ? '7bit' : 'quoted-printable'}`,
    ],
    text: isPlain ? lines : wrap(encode(lines), LINE),
  };
}

/** A date and time. RFC 5322 section 3.3. @param time milliseconds since 1970 */
export function mailDate(time: number): string {
  return new Date(time).toUTCString().replace('GMT', '+0000');
}

/** A Message-ID of the address's domain: another would say what the machine is called. */
export function newMessageId(address: string): string {
  const domain = splitAddress(address)?.domain ?? '';
  return `<${randomUUID()}@${domain.startsWith('[') ? domain : domainToASCII(domain) || 'localhost'}>`;
}

/** A name before an address. RFC 5322 section 3.2.5, RFC 2047 section 5. */
export function phrase(name: string): string {
  if (!isPlainText(name)) return libmime.encodeWord(name, 'B', ENCODED_WORD);
  return /^[\w !#$%&'*+/=?^`{|}~-]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
}

/** The text of an unstructured field. RFC 2047 section 5. */
export function encodedText(text: string): string {
  return isPlainText(text) ? text : libmime.encodeWord(text, 'B', ENCODED_WORD);
}

const isPlainText = (text: string): boolean => /^[ -~]*$/.test(text) && !text.includes('=?');
