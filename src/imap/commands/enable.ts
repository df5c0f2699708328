/** ENABLE. RFC 9051 section 6.3.1. */

import type { CommandHandler } from '../command.ts';
import { MetadataNews } from '../metadata-news.ts';
import type { Session } from '../session.ts';

type SwitchOn = (session: Session) => void | Promise<void>;

/** By name in capitals: the name as responses write it, and what switches it on. */
const ENABLERS: ReadonlyMap<string, readonly [name: string, switchOn: SwitchOn]> = new Map(
  (
    [
      // RFC 9051 appendix A.
      [
        'IMAP4rev2',
        (session) => {
          session.rev2 = true;
          useUtf8(session);
        },
      ],
      ['CONDSTORE', (session) => session.enableCondstore()],
      // RFC 7162 section 3.2.3.
      [
        'QRESYNC',
        (session) => {
          session.qresync = true;
          session.enableCondstore();
        },
      ],
      // RFC 9586 section 3.
      [
        'UIDONLY',
        (session) => {
          session.uidOnly = true;
        },
      ],
      // RFC 5464 section 4.1.
      [
        'METADATA',
        async (session) => {
          session.metadataNews ??= await MetadataNews.begin(session);
          session.metadataNews.enabled = true;
        },
      ],
      // RFC 6855 section 3.
      ['UTF8=ACCEPT', useUtf8],
    ] satisfies readonly (readonly [string, SwitchOn])[]
  ).map((enabler) => [enabler[0].toUpperCase(), enabler]),
);

/** Switches extensions on; names that are not known are passed over. */
export const enable: CommandHandler = {
  name: 'ENABLE',
  state: 'authenticated',
  async run(session, { scanner }) {
    const enabled = new Set<string>();
    do {
      scanner.space();
      const enabler = ENABLERS.get(scanner.word());
      if (!enabler || enabled.has(enabler[0])) continue;
      await enabler[1](session);
      enabled.add(enabler[0]);
    } while (!scanner.atEnd);
    session.out.write(`* ENABLED${[...enabled].map((name) => ` ${name}`).join('')}\r\n`);
    return { text: 'Enabled' };
  },
};

function useUtf8(session: Session): void {
  session.utf8 = true;
  session.reader.utf8 = true;
}
