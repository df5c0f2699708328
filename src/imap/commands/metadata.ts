/** GETMETADATA and SETMETADATA. RFC 5464 sections 4.2 and 4.3, RFC 6154 section 4. */

import { isEiderError } from '../../errors.ts';
import { type Annotation, isAtOrBelow, normalizeAnnotationName } from '../../model/annotation.ts';
import type { CommandHandler } from '../command.ts';
import { MetadataResponses } from '../metadata-response.ts';
import { Refusal } from '../refusal.ts';
import type { Session } from '../session.ts';
import { type GetMetadataArguments, parseGetMetadata, parseSetMetadata } from '../wire/metadata-args.ts';

/** How to reach who runs the server; clients cannot change it. RFC 5464 section 6.2.2. */
const ADMIN = '/shared/admin';

/** Tells annotations of a mailbox, or of the server. */
export const getMetadata: CommandHandler = {
  name: 'GETMETADATA',
  state: 'authenticated',
  async run(session, { scanner }) {
    const args = parseGetMetadata(scanner);
    const responses = new MetadataResponses(session, args);
    const { store, accountId } = session;
    const found = await store.annotations(accountId, args.mailbox || null, args);
    await responses.write(args.mailbox, args.mailbox === '' ? withAdmin(session, args, found) : found);
    return { text: 'Annotations told', code: responses.code };
  },
};

/** Sets and removes annotations, all or none. */
export const setMetadata: CommandHandler = {
  name: 'SETMETADATA',
  state: 'authenticated',
  async run(session, { scanner }) {
    const { mailbox, values } = parseSetMetadata(scanner);
    if (mailbox === '' && [...values.keys()].some((name) => name.toLowerCase() === ADMIN)) {
      throw new Refusal('NO', `${ADMIN} cannot be changed`, 'NOPERM');
    }
    const { names, modSeq } = await session.store
      .setAnnotations(session.accountId, mailbox || null, Object.fromEntries(values))
      .catch((error: unknown) => {
        // RFC 6154 section 5.3: as CREATE tells of a special use that cannot be had.
        if (!isEiderError(error, 'MAILBOX_EXISTS', 'INVALID_ARGUMENT')) throw error;
        throw new Refusal('NO', 'That special use cannot be had', 'USEATTR');
      });
    if (names.length > 0) session.metadataNews?.skip(modSeq);
    return { text: 'Annotations set' };
  },
};

/** The server's own answer, unless the account has another. */
function withAdmin(
  { context }: Session,
  { names, depth }: GetMetadataArguments,
  found: readonly Annotation[],
): readonly Annotation[] {
  const { adminUri } = context.options;
  if (adminUri === undefined || found.some(({ name }) => name === ADMIN)) return found;
  if (!names.some((asked) => isAtOrBelow(ADMIN, normalizeAnnotationName(asked), depth))) return found;
  return [{ name: ADMIN, value: Buffer.from(adminUri) }, ...found];
}
