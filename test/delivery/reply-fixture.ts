/** Messages and settings for tests of automatic replies. */

import { type HeaderField, parseHeaderFields } from '../../src/mime/header-fields.ts';
import { AUTO_REPLY_DEFAULTS, type AutoReply } from '../../src/model/auto-reply.ts';

export const NOW = Date.UTC(2026, 10, 26, 4, 5, 6);

export const AWAY: AutoReply = { ...AUTO_REPLY_DEFAULTS, enabled: true, text: 'I am away.\n' };

/** Fields as they come from the wire. */
export function fieldsOf(...lines: string[]): HeaderField[] {
  return parseHeaderFields(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`).toString('latin1'));
}
