/** COMPRESS. RFC 4978. */

import type { CommandHandler } from '../command.ts';
import { Refusal } from '../refusal.ts';
import { statusLine } from '../wire/write-response.ts';

/** Switches compression on, both ways. */
export const compress: CommandHandler = {
  name: 'COMPRESS',
  state: 'authenticated',
  run(session, { scanner, tag }) {
    scanner.space();
    const mechanism = scanner.word();
    scanner.end();
    if (mechanism !== 'DEFLATE') throw new Refusal('BAD', 'DEFLATE is the only mechanism');
    if (session.connection.compressed) throw new Refusal('NO', 'DEFLATE is on already', 'COMPRESSIONACTIVE');
    session.out.flush();
    session.connection.startCompression(statusLine(tag, 'OK', 'DEFLATE is on'));
    return null;
  },
};
