/** What stays readable of an encrypted message: a few fields of its header. RFC 9788 section 3.2. */

import { selectHeaderFields } from '../mime/header-fields.ts';
import type { EncryptionSettings } from '../model/encryption.ts';

/** In the order in which they are written. No Cc and no Bcc: who else got it is nobody's business. */
const READABLE = ['Date', 'From', 'To', 'Subject', 'Message-ID', 'In-Reply-To', 'References'];
/** Longer fields are left out: they stand in the message that is inside. Octets. */
export const MAX_OUTER_FIELD: number = 32 * 1024;
/** RFC 9788 section 3.2.1: what a hidden Subject looks like. */
const HIDDEN_SUBJECT = 'Subject: [...]\r\n';

const FIRST_FIELD = /^[^\n]*\n(?:[ \t][^\n]*\n)*/;

/** The fields with CRLF after each line, otherwise as they are in `header`; the first of each name. */
export function outerHeader(header: Uint8Array, subject: EncryptionSettings['subject']): Buffer {
  const fields = READABLE.map((name) => {
    const field = firstField(header, name);
    if (field === '' || name !== 'Subject') return field;
    return subject === 'hidden' ? HIDDEN_SUBJECT : field;
  });
  return Buffer.from(`${fields.join('')}MIME-Version: 1.0\r\n`, 'latin1');
}

function firstField(header: Uint8Array, name: string): string {
  const lines = selectHeaderFields(header, [name], false).toString('latin1');
  // Nothing but the empty line: there is no such field.
  if (lines === '\r\n') return '';
  const field = FIRST_FIELD.exec(lines)?.[0] ?? '';
  return field.length > MAX_OUTER_FIELD ? '' : field.replace(/\r?\n/g, '\r\n');
}
