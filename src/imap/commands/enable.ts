/** ENABLE. RFC 9051 section 6.3.1. */

import type { CommandHandler } from '../command.ts';
import type { Session } from '../session.ts';

const ENABLERS: Readonly<Record<string, (session: Session) => void>> = {
  CONDSTORE: (session) => session.enableCondstore(),
  // RFC 7162 section 3.2.3.
  QRESYNC: (session) => {
    session.qresync = true;
    session.enableCondstore();
  },
  // RFC 9586 section 3.
  UIDONLY: (session) => {
    session.uidOnly = true;
  },
  // RFC 6855 section 3.
  'UTF8=ACCEPT': (session) => {
    session.utf8 = true;
    session.reader.utf8 = true;
  },
};

/** Switches extensions on; names that are not known are passed over. */
export const enable: CommandHandler = {
  name: 'ENABLE',
  state: 'authenticated',
  run(session, { scanner }) {
    const enabled: string[] = [];
    do {
      scanner.space();
      const name = scanner.word();
      const switchOn = Object.hasOwn(ENABLERS, name) ? ENABLERS[name] : undefined;
      if (!switchOn || enabled.includes(name)) continue;
      switchOn(session);
      enabled.push(name);
    } while (!scanner.atEnd);
    session.out.write(`* ENABLED${enabled.map((name) => ` ${name}`).join('')}\r\n`);
    return { text: 'Enabled' };
  },
};
