/** The fields that final delivery puts before a message. RFC 5321 section 4.4; RFC 9228. */

/**
 * Return-Path and Delivered-To, whole fields, as octets. What comes in is one line already: neither the reverse path
 * nor the recipient holds a control character.
 *
 * @param more further fields in their order, such as Authentication-Results: name and value, unfolded
 */
export function traceFields(
  from: string,
  recipient: string,
  more: readonly (readonly [name: string, value: string])[] = [],
): Buffer {
  const fields = [...more, ['Return-Path', `<${from}>`], ['Delivered-To', recipient]];
  return Buffer.from(fields.map(([name, value]) => `${name}: ${value}\r\n`).join(''));
}
