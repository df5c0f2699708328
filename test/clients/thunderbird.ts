/** Thunderbird without a window, with the account of a server, and a way to have it do things. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../durability/balancer.ts';
import { Marionette } from './marionette.ts';
import { NAME, PASSWORD, type TestServer } from './server.ts';

/** What the scripts have at hand: Thunderbird's services, mailboxes by path, messages by subject. */
const TOOLS = `
  const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');
  const server = MailServices.accounts.allServers.find((one) => one.type === 'imap');
  const mailbox = (name) => server.rootFolder.subFolders.find((one) => one.name.toLowerCase() === name.toLowerCase());
  const message = (name, subject) => [...mailbox(name).messages].find((one) => one.mime2DecodedSubject === subject);
`;

/** A running Thunderbird. */
export interface Thunderbird {
  /** Runs the body of an asynchronous function, and gives what it returns, which JSON can say. */
  run(script: string, ...args: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts it with a new profile in the server's folder. */
export async function startThunderbird(server: TestServer): Promise<Thunderbird> {
  const profile = path.join(server.folder, 'profile');
  await mkdir(profile);
  const port = await freePort();
  const settings = {
    'marionette.port': port,
    'app.update.enabled': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'mail.provider.enabled': false,
    'mail.spotlight.firstRunDone': true,
    'mailnews.start_page.enabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
  };
  const lines = Object.entries(settings).map(([name, value]) => `user_pref("${name}", ${value});\n`);
  await writeFile(path.join(profile, 'user.js'), lines.join(''));
  const args = ['--headless', '--marionette', '--remote-allow-system-access', '--no-remote', '--profile', profile];
  const program = spawn('thunderbird', args, {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, HOME: server.folder, MOZ_CRASHREPORTER_DISABLE: '1' },
  });
  let marionette: Marionette | null = null;
  const stop = async (): Promise<void> => {
    if (program.exitCode !== null || program.signalCode !== null) return;
    const ended = once(program, 'exit');
    await marionette?.quit().catch(() => undefined);
    const timer = setTimeout(() => process.kill(-(program.pid as number), 'SIGKILL'), marionette ? 10_000 : 0);
    await ended;
    clearTimeout(timer);
  };
  for (let left = 150; !marionette; left--) {
    if (left === 0) {
      await stop();
      throw new Error('Thunderbird does not listen');
    }
    await delay(200);
    marionette = await Marionette.open(port).catch(() => null);
  }
  const opened = marionette;
  const run = (script: string, ...given: unknown[]): Promise<unknown> => opened.script(TOOLS + script, ...given);
  await run(
    `const made = MailServices.accounts.createIncomingServer(args[0], '127.0.0.1', 'imap');
     made.port = args[1];
     made.socketType = 0;
     made.authMethod = 3;
     made.password = args[2];
     const account = MailServices.accounts.createAccount();
     account.incomingServer = made;
     account.addIdentity(MailServices.accounts.createIdentity());
     made.performExpand(null);`,
    NAME,
    server.imap,
    PASSWORD,
  );
  return { run, stop };
}
