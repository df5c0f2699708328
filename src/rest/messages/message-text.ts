/** The text of a message, as the API shows it. */

import { parameter } from '../../mime/content-fields.ts';
import type { MessageBody } from '../../mime/message-body.ts';
import { decodeCharset, decodeTransfer } from '../../mime/text-decoding.ts';
import type { MimePart } from '../../model/mime-part.ts';
import type { AttachmentPart } from './attachments.ts';

/** Most octets of a part that are shown, as they are transferred. */
const MAX_PART_OCTETS: number = 1024 * 1024;
/** Most of all parts. */
const MAX_OCTETS: number = 4 * 1024 * 1024;

/** The text of a message. */
export interface MessageText {
  /** All plain text. */
  readonly text: string;
  /** HTML, part by part; made of plain text where there is no other. Parts within are linked as `attachment:ATT00001`. */
  readonly html: readonly string[];
}

/** Reads and decodes the shown parts. */
export async function readMessageText(
  body: MessageBody,
  parts: readonly MimePart[],
  attachments: readonly AttachmentPart[],
): Promise<MessageText> {
  const plain: string[] = [];
  const html: string[] = [];
  let left = MAX_OCTETS;
  for (const part of parts) {
    const end = Math.min(part.bodyEnd, part.bodyStart + Math.min(MAX_PART_OCTETS, left));
    const octets = await collect(body.read(part.bodyStart, end));
    left -= octets.length;
    const decoded = decodeCharset(decodeTransfer(octets, part.encoding), parameter(part.parameters, 'charset') ?? '');
    if (part.subtype === 'html') html.push(decoded);
    else plain.push(decoded.replace(/\r\n?/g, '\n'));
  }
  const shown = html.length > 0 ? html : plain.map(plainToHtml);
  return { text: plain.join('\n'), html: shown.map((one) => withLinks(one, attachments)) };
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all.length === 1 ? (all[0] as Buffer) : Buffer.concat(all);
}

/** RFC 2392: `cid:` names a part by its Content-ID. */
function withLinks(html: string, attachments: readonly AttachmentPart[]): string {
  const ids = new Map(
    attachments.flatMap(({ id, part }) => (part.id === null ? [] : [[part.id.replace(/^<|>$/g, ''), id]])),
  );
  if (ids.size === 0) return html;
  return html.replace(/\bcid:([^\s"'<>)]{1,998})/gi, (link, cid: string) => {
    const id = ids.get(cid) ?? ids.get(unescaped(cid));
    return id === undefined ? link : `attachment:${id}`;
  });
}

function unescaped(cid: string): string {
  try {
    return decodeURIComponent(cid);
  } catch {
    return cid;
  }
}

function plainToHtml(text: string): string {
  const escaped = text.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);
  return `<p>${escaped.replace(/\n{2,}/g, '</p><p>').replace(/\n/g, '<br>')}</p>`;
}
