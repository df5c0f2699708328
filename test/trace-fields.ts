/** The fields that a delivery puts before a message. */

/** At the beginning of a message, as octets in a string. */
export const TRACE = /^Return-Path: <[^\r\n]*>\r\nDelivered-To: [^\r\n]+\r\n/;

/** What was sent, of a message that was delivered. */
export function withoutTrace(octets: Buffer): Buffer {
  const trace = TRACE.exec(octets.toString('latin1', 0, 4_000))?.[0];
  if (trace === undefined) throw new Error('the message was not delivered with trace fields');
  return octets.subarray(trace.length);
}
