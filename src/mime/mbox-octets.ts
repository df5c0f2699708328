/** A message as it stands in an mbox file, mboxrd. RFC 4155 appendix A. */

import { FromQuoter } from './from-quoting.ts';

const LF = 0x0a;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** What is written of a message. */
export interface MboxMessage {
  /** Milliseconds since 1970. */
  readonly internalDate: number;
  read(): AsyncIterable<Buffer>;
}

/** The octets of a message, from its From_ line to the empty line behind it. */
export async function* mboxOctets(message: MboxMessage): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from(`From MAILER-DAEMON ${asctime(message.internalDate)}\n`);
  const quoter = new FromQuoter('quote');
  let last = LF;
  for await (const chunk of message.read()) {
    last = chunk[chunk.length - 1] ?? last;
    yield* quoter.take(chunk);
  }
  yield* quoter.end();
  yield Buffer.from(last === LF ? '\n' : '\n\n');
}

/** RFC 4155: the time of the From_ line is in UTC, without a zone. */
function asctime(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${String(date.getUTCFullYear()).padStart(4, '0')}`;
}
