/** Logging in by IMAP: mechanisms, app passwords, second factors, and credentials that are taken back. */

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { generate } from 'otplib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AuthenticationOptions } from '../../src/auth/store-authentication.ts';
import { createImapServer } from '../../src/imap/server.ts';
import { emptyPlace, openTestedStore, type StorePlace } from '../engine-under-test.ts';
import { LineClient } from './line-client.ts';

const SECRET = Buffer.alloc(32, 9);

async function open(authentication: AuthenticationOptions = {}, place: Partial<StorePlace> = {}) {
  const store = await openTestedStore({ ...place, secret: SECRET, authentication });
  const { id } = await store.accounts.create({ name: 'ann', password: 'secret' });
  const admin = await store.accounts.create({ name: 'admin', password: 'root' });
  if (authentication.scram) await store.accounts.setPassword(id, 'secret');
  const server = createImapServer(store, {
    insecureAuth: true,
    limits: { loginFailureDelayMs: 0, loginFailures: 100, credentialCheckMs: 50 },
  });
  const { port } = await server.listen();
  onTestFinished(async () => {
    await server.close({ drainMs: 0 });
    await store.close();
  });
  const connect = async (): Promise<LineClient> => {
    const client = new LineClient(port);
    expect(await client.line()).toMatch(/^\* OK \[CAPABILITY /);
    return client;
  };
  return { store, account: id, admin: admin.id, connect };
}

/** Sends a line and reads up to its tagged answer, or a continuation. */
async function say(client: LineClient, line: string): Promise<string> {
  client.send(`${line}
`);
  for (;;) {
    const answer = await client.line();
    if (answer === null || !answer.startsWith('* ')) return answer ?? '';
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('AUTHENTICATE', () => {
  it('PLAIN and LOGIN, with and without an initial response', async () => {
    const { connect } = await open();
    expect(await say(await connect(), `a AUTHENTICATE PLAIN ${base64('\0ann\0secret')}`)).toMatch(
      /^a OK \[CAPABILITY /,
    );
    const later = await connect();
    expect(await say(later, 'a AUTHENTICATE PLAIN')).toBe('+ ');
    expect(await say(later, base64('ann\0ann\0secret'))).toMatch(/^a OK /);
    const login = await connect();
    expect(await say(login, 'a AUTHENTICATE LOGIN')).toMatch(/^\+ /);
    expect(await say(login, base64('ann'))).toMatch(/^\+ /);
    expect(await say(login, base64('secret'))).toMatch(/^a OK /);
    const wrong = await connect();
    expect(await say(wrong, `a AUTHENTICATE PLAIN ${base64('\0ann\0wrong')}`)).toMatch(
      /^a NO \[AUTHENTICATIONFAILED\]/,
    );
    expect(await say(wrong, 'b AUTHENTICATE PLAIN !')).toMatch(/^b BAD /);
    expect(await say(wrong, `c AUTHENTICATE PLAIN ${base64('ann')}`)).toMatch(/^c BAD /);
    expect(await say(wrong, 'd AUTHENTICATE PLAIN')).toBe('+ ');
    expect(await say(wrong, '*')).toMatch(/^d BAD /);
    expect(await say(wrong, 'e AUTHENTICATE XOAUTH2 eA==')).toMatch(/^e NO \[CANNOT\]/);
    expect(await say(wrong, 'f AUTHENTICATE SCRAM-SHA-256')).toMatch(/^f NO \[CANNOT\]/);
  });

  it('as somebody else only where that is allowed', async () => {
    const closed = await open();
    const acting = `AUTHENTICATE PLAIN ${base64('ann\0admin\0root')}`;
    expect(await say(await closed.connect(), `a ${acting}`)).toMatch(/^a NO \[AUTHORIZATIONFAILED\]/);
    const { connect, store, account, admin } = await open({ mayImpersonate: (actor) => actor.name === 'admin' });
    expect(await say(await connect(), `a ${acting}`)).toMatch(/^a OK /);
    expect(await say(await connect(), `a AUTHENTICATE PLAIN ${base64('admin\0ann\0secret')}`)).toMatch(
      /^a NO \[AUTHORIZATIONFAILED\]/,
    );
    expect((await store.auth.log(account)).map(({ credential }) => credential)).toContainEqual({
      kind: 'impersonation',
      id: admin,
    });
  });

  it('by bearer tokens, as OAuth clients send them', async () => {
    const verify = async (token: string) => (token === 'good' ? 'ann' : token === 'other' ? 'admin' : null);
    const { connect } = await open({ bearer: { verify, openidConfiguration: 'https://id.example.org/x' } });
    const client = await connect();
    client.send('c CAPABILITY\r\n');
    expect(await client.line()).toMatch(/ AUTH=OAUTHBEARER AUTH=XOAUTH2 AUTH=PLAIN/);
    expect(await client.line()).toMatch(/^c OK/);
    expect(await say(client, `a AUTHENTICATE XOAUTH2 ${base64('user=ann\x01auth=Bearer bad\x01\x01')}`)).toMatch(
      /^\+ /,
    );
    expect(await say(client, '')).toMatch(/^a NO \[AUTHENTICATIONFAILED\]/);
    expect(await say(client, `b AUTHENTICATE XOAUTH2 ${base64('user=ann\x01auth=Bearer other\x01\x01')}`)).toMatch(
      /^\+ /,
    );
    expect(await say(client, '')).toMatch(/^b NO \[AUTHENTICATIONFAILED\]/);
    expect(await say(client, `d AUTHENTICATE XOAUTH2 ${base64('user=ann\x01auth=Bearer good\x01\x01')}`)).toMatch(
      /^d OK /,
    );
    const bearer = `n,a=ann,\x01host=x\x01port=143\x01auth=Bearer good\x01\x01`;
    expect(await say(await connect(), `a AUTHENTICATE OAUTHBEARER ${base64(bearer)}`)).toMatch(/^a OK /);
  });

  it('SCRAM-SHA-256, which proves itself to the client too', async () => {
    const { connect } = await open({ scram: true });
    for (const [name, password, expected] of [
      ['ann', 'secret', /^a OK /],
      ['ann', 'wrong', /^a NO \[AUTHENTICATIONFAILED\]/],
      ['nobody', 'secret', /^a NO \[AUTHENTICATIONFAILED\]/],
    ] as const) {
      const client = await connect();
      const first = `n=${name},r=abcdefgh`;
      const challenge = await say(client, `a AUTHENTICATE SCRAM-SHA-256 ${base64(`n,,${first}`)}`);
      const serverFirst = Buffer.from(challenge.slice(2), 'base64').toString();
      const [, nonce, salt, iterations] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) as unknown as string[];
      const salted = pbkdf2Sync(password, Buffer.from(salt as string, 'base64'), Number(iterations), 32, 'sha256');
      const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
      const clientKey = hmac(salted, 'Client Key');
      const withoutProof = `c=biws,r=${nonce}`;
      const message = `${first},${serverFirst},${withoutProof}`;
      const signature = hmac(createHash('sha256').update(clientKey).digest(), message);
      const proof = Buffer.from(clientKey.map((octet, index) => octet ^ (signature[index] as number))).toString(
        'base64',
      );
      let answer = await say(client, base64(`${withoutProof},p=${proof}`));
      if (answer.startsWith('+ ')) {
        const verdict = Buffer.from(answer.slice(2), 'base64').toString();
        if (verdict.startsWith('v='))
          expect(verdict).toBe(`v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`);
        answer = await say(client, '');
      }
      expect(answer).toMatch(expected);
    }
  });
});

describe('a login', () => {
  it('needs an app password when a second factor is on, and says so', async () => {
    const { store, account, connect } = await open();
    const { secret } = await store.auth.beginTotp(account, 'x');
    expect(await store.auth.confirmTotp(account, await generate({ secret }))).toBe(true);
    const { password } = await store.auth.createAppPassword(account, { scopes: ['imap'] });
    const pop = await store.auth.createAppPassword(account, { scopes: ['pop3'] });
    const client = await connect();
    expect(await say(client, 'a LOGIN ann secret')).toMatch(/^a NO \[ALERT\] An app password is required/);
    expect(await say(client, `b LOGIN ann "${pop.password}"`)).toMatch(/^b NO \[AUTHORIZATIONFAILED\]/);
    expect(await say(client, `c LOGIN ann "${password}"`)).toMatch(/^c OK /);
  });

  it('by the password alone ends when a second factor is switched on, one by an app password goes on', async () => {
    const { store, account, connect } = await open();
    const { password } = await store.auth.createAppPassword(account, { scopes: ['imap'] });
    const [alone, byApp] = (await Promise.all([connect(), connect()])) as [LineClient, LineClient];
    expect(await say(alone, 'a LOGIN ann secret')).toMatch(/^a OK/);
    expect(await say(byApp, `a LOGIN ann "${password}"`)).toMatch(/^a OK/);
    alone.send('b IDLE\r\n');
    expect(await alone.line()).toBe('+ idling');
    // Codes to fall back on are none.
    await store.auth.createRecoveryCodes(account);
    const { secret } = await store.auth.beginTotp(account, 'x');
    expect(await store.auth.confirmTotp(account, '000000')).toBe(false);
    expect(await say(byApp, 'b NOOP')).toMatch(/^b OK/);
    expect(alone.buffer).not.toContain('BYE');
    expect(await store.auth.confirmTotp(account, await generate({ secret }))).toBe(true);
    expect(await alone.line()).toMatch(/^\* BYE \[UNAVAILABLE\]/);
    expect(await say(byApp, 'c NOOP')).toMatch(/^c OK/);
  });

  it('ends when its credential is taken back, and no other does', async () => {
    const { store, account, connect } = await open();
    const phone = await store.auth.createAppPassword(account, { scopes: ['imap'] });
    const sessions = await Promise.all([connect(), connect(), connect()]);
    const [byPassword, byPhone, idle] = sessions as [LineClient, LineClient, LineClient];
    expect(await say(byPassword, 'a LOGIN ann secret')).toMatch(/^a OK/);
    expect(await say(byPhone, `a LOGIN ann "${phone.password}"`)).toMatch(/^a OK/);
    expect(await say(idle, `a LOGIN ann "${phone.password}"`)).toMatch(/^a OK/);
    idle.send('b IDLE\r\n');
    expect(await idle.line()).toBe('+ idling');
    await store.auth.removeAppPassword(account, phone.id);
    for (const client of [byPhone, idle]) {
      expect(await client.line()).toMatch(/^\* BYE \[UNAVAILABLE\]/);
    }
    expect(await say(byPassword, 'b NOOP')).toMatch(/^b OK/);
    await store.accounts.setPassword(account, 'another');
    expect(await byPassword.line()).toMatch(/^\* BYE/);
    const again = await connect();
    expect(await say(again, 'a LOGIN ann another')).toMatch(/^a OK/);
    await store.auth.setStatus(account, { suspended: true });
    expect(await again.line()).toMatch(/^\* BYE/);
    expect(await say(await connect(), 'a LOGIN ann another')).toMatch(/^a NO \[CONTACTADMIN\]/);
  });

  it('ends also when another process takes its credential back', async () => {
    const place = await emptyPlace();
    const { store, account, connect } = await open({}, place);
    const { password, id } = await store.auth.createAppPassword(account, { scopes: ['imap'] });
    const client = await connect();
    expect(await say(client, `a LOGIN ann "${password}"`)).toMatch(/^a OK/);
    const other = await openTestedStore({ ...place, secret: SECRET });
    await other.auth.removeAppPassword(account, id);
    expect(await client.line()).toMatch(/^\* BYE \[UNAVAILABLE\]/);
    await other.close();
  });

  it('is logged with what the client says of itself', async () => {
    const { store, account, connect } = await open();
    const client = await connect();
    client.send('a ID ("name" "Mail" "version" "1.2")\r\n');
    expect(await client.line()).toMatch(/^\* ID/);
    expect(await client.line()).toMatch(/^a OK/);
    expect(await say(client, 'b LOGIN ann secret')).toMatch(/^b OK/);
    expect(await store.auth.log(account)).toMatchObject([
      { scope: 'imap', client: 'Mail 1.2', outcome: 'granted', address: '127.0.0.1' },
    ]);
  });
});
