/** Which parts of a message are text that is shown, and which are attachments, with their names in the API. */

import { isMessage, isMultipart } from '../../mime/body-structure.ts';
import { fileName } from '../../mime/summary.ts';
import type { MimePart } from '../../model/mime-part.ts';

/** Most parts that are told of. */
const MAX_PARTS = 1_000;

/** A part that is no shown text. */
export interface AttachmentPart {
  /** Such as `ATT00001`. */
  readonly id: string;
  readonly part: MimePart;
  /** Whether it belongs to the text, as a picture within. */
  readonly related: boolean;
}

/** The parts of a message, in their order. */
export interface MessageParts {
  readonly texts: readonly MimePart[];
  readonly attachments: readonly AttachmentPart[];
}

/** Sorts the parts of a message. A message within is an attachment as a whole. */
export function partsOf(tree: MimePart): MessageParts {
  const texts: MimePart[] = [];
  const attachments: AttachmentPart[] = [];
  const visit = (part: MimePart, related: boolean): void => {
    if (texts.length + attachments.length >= MAX_PARTS) return;
    if (isMultipart(part)) {
      for (const child of part.children) visit(child, part.subtype === 'related');
    } else if (isShownText(part)) texts.push(part);
    else attachments.push({ id: attachmentId(attachments.length + 1), part, related });
  };
  visit(tree, false);
  return { texts, attachments };
}

/** The name of a part, made up where it has none. */
export function attachmentName({ id, part }: AttachmentPart): string {
  const name = fileName(part).replace(/[\x00-\x1f\x7f/\\]/g, '_');
  return name === '' ? `${id.toLowerCase()}${isMessage(part) ? '.eml' : ''}` : name;
}

/** The type of a part, such as `image/png`. */
export function contentTypeOf({ type, subtype }: MimePart): string {
  return `${type}/${subtype}`;
}

function isShownText(part: MimePart): boolean {
  return (
    part.type === 'text' &&
    (part.subtype === 'plain' || part.subtype === 'html') &&
    part.disposition?.type !== 'attachment' &&
    part.children.length === 0
  );
}

function attachmentId(number: number): string {
  return `ATT${String(number).padStart(5, '0')}`;
}
