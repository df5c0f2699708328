/** LOGIN and AUTHENTICATE. RFC 9051 sections 6.2.2 and 6.2.3, RFC 4959. */

import { setTimeout as delay } from 'node:timers/promises';
import { authenticate as runMechanism } from '../../auth/sasl/authenticate.ts';
import { offeredMechanisms } from '../../auth/sasl/mechanisms.ts';
import { type GrantedLogin, SaslLogin } from '../../auth/sasl-login.ts';
import { isEiderError } from '../../errors.ts';
import type { LoginOutcome, LoginSource } from '../../model/authentication.ts';
import type { CommandHandler, Completion } from '../command.ts';
import { loginRefusal } from '../login-refusal.ts';
import { Refusal } from '../refusal.ts';
import type { Session } from '../session.ts';
import type { Scanner } from '../wire/scanner.ts';

/** Logs in by name and password. */
export const login: CommandHandler = {
  name: 'LOGIN',
  state: 'notAuthenticated',
  async run(session, { scanner }) {
    scanner.space();
    const name = scanner.text();
    scanner.space();
    const password = scanner.text();
    scanner.end();
    requireSecrecy(session);
    const outcome = await session.store.auth.authenticate(name, password, sourceOf(session));
    if (outcome.kind !== 'granted') throw await refuse(session, name, outcome);
    return enter(session, outcome);
  },
};

/** Logs in by SASL. */
export const authenticate: CommandHandler = {
  name: 'AUTHENTICATE',
  state: 'notAuthenticated',
  async run(session, { scanner }) {
    scanner.space();
    const name = scanner.word();
    const initial = initialResponse(scanner);
    requireSecrecy(session);
    const login = new SaslLogin(session.store.auth, sourceOf(session));
    const context = await login.context(session.connection);
    const mechanism = offeredMechanisms(context).find((one) => one.name === name);
    if (!mechanism) throw new Refusal('NO', 'That mechanism is not supported', 'CANNOT');
    const end = await runMechanism(mechanism, context, initial === null ? null : decode(initial), {
      ask: (challenge) => askResponse(session, challenge),
      admit: (credentials) => login.admit(credentials),
    });
    if (end.kind === 'success') return enter(session, end.admitted);
    if (end.reason === 'cancelled') throw new Refusal('BAD', 'Given up');
    if (end.reason === 'malformed' || end.reason === 'too-long') {
      throw new Refusal('BAD', `That is no response of ${mechanism.name}`);
    }
    throw await refuse(session, end.authcid ?? '', await login.refusal(end));
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

/** RFC 9051 section 6.2.2: `*` gives up. */
async function askResponse(session: Session, challenge: Buffer): Promise<Buffer | null> {
  session.out.write(`+ ${challenge.toString('base64')}\r\n`);
  const line = await session.readLine();
  if (line === null || session.closing) throw new Refusal('NO', 'The connection ended');
  return line === '*' ? null : decode(line);
}

function decode(base64: string): Buffer {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) {
    throw new Refusal('BAD', 'The response is not base64');
  }
  return Buffer.from(base64, 'base64');
}

function requireSecrecy(session: Session): void {
  if (!session.canLogin) throw new Refusal('NO', 'Passwords are taken under TLS only', 'PRIVACYREQUIRED');
}

function sourceOf({ connection, clientName }: Session): LoginSource {
  return { scope: 'imap', address: connection.remoteAddress, client: clientName };
}

async function enter(session: Session, { account, credential }: GrantedLogin): Promise<Completion> {
  const { store, limits } = session;
  const traffic = await store.traffic.begin(account, 'imap', limits.sessionsPerAccount).catch((error: unknown) => {
    if (!isEiderError(error, 'LIMIT_EXCEEDED')) throw error;
    throw new Refusal('NO', 'Too many sessions of this account', 'LIMIT');
  });
  if (session.closing) {
    traffic.end();
    throw new Refusal('NO', 'The connection ended');
  }
  session.login(account, credential, traffic);
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
