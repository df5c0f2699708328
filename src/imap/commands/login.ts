/** LOGIN and AUTHENTICATE PLAIN. RFC 9051 sections 6.2.2 and 6.2.3, RFC 4616, RFC 4959. */

import { setTimeout as delay } from 'node:timers/promises';
import type { LoginOutcome } from '../../model/authentication.ts';
import type { CommandHandler, Completion } from '../command.ts';
import { loginRefusal } from '../login-refusal.ts';
import { Refusal } from '../refusal.ts';
import type { Session } from '../session.ts';
import type { Scanner } from '../wire/scanner.ts';

/** Logs in by name and password. */
export const login: CommandHandler = {
  name: 'LOGIN',
  state: 'notAuthenticated',
  run(session, { scanner }) {
    scanner.space();
    const name = scanner.text();
    scanner.space();
    const password = scanner.text();
    scanner.end();
    return enter(session, name, password);
  },
};

/** Logs in by SASL; PLAIN is the only mechanism. */
export const authenticate: CommandHandler = {
  name: 'AUTHENTICATE',
  state: 'notAuthenticated',
  async run(session, { scanner }) {
    scanner.space();
    const mechanism = scanner.word();
    const initial = initialResponse(scanner);
    if (mechanism !== 'PLAIN') throw new Refusal('NO', 'That mechanism is not supported', 'CANNOT');
    requireSecrecy(session);
    const { authzid, authcid, password } = parsePlain(initial ?? (await askResponse(session)));
    // RFC 4616 section 2: nobody acts for somebody else here.
    if (authzid !== '' && authzid.toLowerCase() !== authcid.toLowerCase()) {
      throw new Refusal('NO', 'Acting for another account is not allowed', 'AUTHORIZATIONFAILED');
    }
    return enter(session, authcid, password);
  },
};

function initialResponse(scanner: Scanner): string | null {
  if (!scanner.trySpace()) {
    scanner.end();
    return null;
  }
  // RFC 4959 section 3: `=` is an initial response of no octets.
  if (scanner.tryChar('=')) {
    scanner.end();
    return '';
  }
  const response = scanner.atom();
  scanner.end();
  return response;
}

async function askResponse(session: Session): Promise<string> {
  session.out.write('+ \r\n');
  const line = await session.readLine();
  if (line === null || session.closing) throw new Refusal('NO', 'The connection ended');
  // RFC 9051 section 6.2.2: `*` gives up.
  if (line === '*') throw new Refusal('BAD', 'Given up');
  return line;
}

function parsePlain(base64: string): { readonly authzid: string; readonly authcid: string; readonly password: string } {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) {
    throw new Refusal('BAD', 'The response is not base64');
  }
  const octets = Buffer.from(base64, 'base64');
  const text = octets.toString('utf8');
  const fields = text.split('\0');
  if (fields.length !== 3 || !fields[1] || !Buffer.from(text).equals(octets)) {
    throw new Refusal('BAD', 'The response is not of PLAIN');
  }
  const [authzid, authcid, password] = fields as [string, string, string];
  return { authzid, authcid, password };
}

function requireSecrecy(session: Session): void {
  if (!session.canLogin) throw new Refusal('NO', 'Passwords are taken under TLS only', 'PRIVACYREQUIRED');
}

async function enter(session: Session, name: string, password: string): Promise<Completion> {
  requireSecrecy(session);
  const { remoteAddress: address } = session.connection;
  const source = { scope: 'imap', address, client: session.clientName } as const;
  const outcome = await session.store.auth.authenticate(name, password, source);
  if (outcome.kind !== 'granted') throw await refuse(session, name, outcome);
  const { account, credential } = outcome;
  if (session.context.cache.sessions(account.id) >= session.limits.sessionsPerAccount) {
    throw new Refusal('NO', 'Too many sessions of this account', 'LIMIT');
  }
  session.login(account, credential);
  return { text: 'Logged in', code: `CAPABILITY ${session.capabilities.join(' ')}` };
}

/** Waits a little longer each time, and ends a connection that guesses. */
async function refuse(
  session: Session,
  name: string,
  outcome: Exclude<LoginOutcome, { kind: 'granted' }>,
): Promise<Refusal> {
  session.loginFailures++;
  const { logger } = session.context;
  logger?.warn({ ...session.info, accountName: name.slice(0, 128) }, 'login refused');
  await delay(Math.min(session.limits.loginFailureDelayMs * session.loginFailures, 2 ** 31 - 1));
  if (session.loginFailures >= session.limits.loginFailures) session.bye('Too many failed logins');
  return loginRefusal(outcome);
}
