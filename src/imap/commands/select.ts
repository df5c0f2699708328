/** SELECT and EXAMINE. RFC 9051 sections 6.3.2 and 6.3.3, RFC 7162 sections 3.1.8 and 3.2.5, RFC 8474 section 4. */

import { SEEN } from '../../model/flags.ts';
import { formatMailboxId } from '../../model/ids.ts';
import type { Mailbox } from '../../model/mailbox.ts';
import { announceSelected } from '../announce-mailbox.ts';
import type { CommandHandler, Completion } from '../command.ts';
import { flagsResponse, MailboxView, permanentFlagsResponse } from '../mailbox-view.ts';
import { Refusal } from '../refusal.ts';
import { resync } from '../resync.ts';
import type { Session } from '../session.ts';
import type { SharedMailbox } from '../shared-mailbox.ts';
import type { Command } from '../wire/command-reader.ts';
import { parseSelect } from '../wire/select-args.ts';

/** Up to so many messages, their flags are read to tell the first unseen one. */
const UNSEEN_LOOKUP = 1000;

/** Opens a mailbox. */
export const select: CommandHandler = {
  name: 'SELECT',
  state: 'authenticated',
  run: (session, command) => open(session, command, false),
};

/** Opens a mailbox without changing anything in it. */
export const examine: CommandHandler = {
  name: 'EXAMINE',
  state: 'authenticated',
  run: (session, command) => open(session, command, true),
};

async function open(session: Session, { scanner }: Command, readOnly: boolean): Promise<Completion> {
  const { mailbox: path, condstore, qresync } = parseSelect(scanner);
  // RFC 7162 section 3.2.5.
  if (qresync && !session.qresync) throw new Refusal('BAD', 'QRESYNC is not enabled');
  if (qresync?.match && session.uidOnly) throw new Refusal('BAD', 'Message numbers were given up', 'UIDREQUIRED');
  // RFC 9051 section 6.3.2: whatever comes of it, the mailbox that was selected is so no longer.
  if (session.view) session.out.write('* OK [CLOSED] The previous mailbox is closed\r\n');
  session.unselect();
  const mailbox = await session.store.mailbox(session.accountId, path);
  const { cache } = session.context;
  const shared = await cache.acquire(session.accountId, mailbox);
  if (shared.map.count <= UNSEEN_LOOKUP && mailbox.unseen > 0) await shared.loadFlags().catch(() => undefined);
  if (session.closing || !session.watch) {
    cache.release(shared);
    throw new Refusal('NO', 'The session ended');
  }
  if (condstore) session.enableCondstore();
  // From here on without a pause, so that all that is told is of one moment.
  const view = new MailboxView(shared, session.watch, readOnly);
  session.view = view;
  describe(session, view, mailbox);
  try {
    await announceSelected(session, mailbox, scanner.typedMailbox);
    if (qresync) await resync(session, view, qresync);
  } catch (error) {
    session.unselect();
    throw error;
  }
  return { text: readOnly ? 'Examined' : 'Selected', code: readOnly ? 'READ-ONLY' : 'READ-WRITE' };
}

function describe({ out, uidOnly, rev2 }: Session, view: MailboxView, mailbox: Mailbox): void {
  const { shared, map } = view;
  const unseen = firstUnseen(shared, mailbox);
  out.write(flagsResponse(shared.keywords));
  out.write(`* ${map.count} EXISTS\r\n`);
  // RFC 3501 section 7.3.2 wants RECENT, and UNSEEN; no message is ever recent here. RFC 9051 appendix E has neither.
  if (!rev2) out.write('* 0 RECENT\r\n');
  // A message number, which RFC 9586 section 3 gives up.
  if (unseen > 0 && !uidOnly && !rev2) out.write(`* OK [UNSEEN ${unseen}] First unseen\r\n`);
  out.write(`* OK [UIDVALIDITY ${shared.uidValidity}] UIDs are valid\r\n`);
  out.write(`* OK [UIDNEXT ${shared.uidNext}] Next UID\r\n`);
  out.write(permanentFlagsResponse(shared.keywords, view.readOnly));
  out.write(`* OK [HIGHESTMODSEQ ${shared.highestModSeq}] Highest\r\n`);
  out.write(`* OK [MAILBOXID (${formatMailboxId(shared.id)})] Ok\r\n`);
}

/** The number of the first unseen message, or 0 when there is none or it is not known at once. RFC 3501 section 6.3.1. */
function firstUnseen(shared: SharedMailbox, mailbox: Mailbox): number {
  const { map, flags } = shared;
  const masks = flags.table?.masks;
  if (!masks) return mailbox.unseen === mailbox.messages && map.count > 0 ? 1 : 0;
  for (let index = 0; index < map.count; index++) if (((masks[index] as number) & SEEN) === 0) return index + 1;
  return 0;
}
