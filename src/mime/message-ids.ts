/** Message-IDs of a header field, in all the forms in which they come. RFC 5322 section 3.6.4. */

/** Longest id, with its brackets, in octets; a longer one is passed over. */
const MAX_LENGTH = 998;

/** The ids of an unfolded field, each with its angle brackets and without white space, in their order. */
export function parseMessageIds(text: string): string[] {
  const ids: string[] = [];
  let from = 0;
  for (;;) {
    const close = text.indexOf('>', from);
    if (close < 0) break;
    // The last bracket before the end counts: `<a <b@c>` holds `b@c`.
    const open = text.slice(from, close).lastIndexOf('<');
    if (open >= 0) addId(ids, text.slice(from + open + 1, close));
    from = close + 1;
  }
  return ids;
}

/** The id of a Message-ID field, or `null`; one without brackets gets them. */
export function parseMessageId(text: string): string | null {
  const ids = parseMessageIds(text);
  if (ids.length === 0) addId(ids, text.replace(/[<>]/g, '').trim().split(/\s/, 1)[0] ?? '');
  return ids[0] ?? null;
}

function addId(ids: string[], content: string): void {
  const id = content.replace(/\s+/g, '');
  if (id !== '' && id.length <= MAX_LENGTH - 2) ids.push(`<${id}>`);
}
