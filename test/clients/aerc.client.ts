/** aerc: shows mailboxes and mail, hears of new mail in IDLE, gives a message out, flags, moves and deletes. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Observer } from './observer.ts';
import { letter, ODD_MAIL } from './odd-mail.ts';
import { isInstalled, NAME, PASSWORD, runProgram, startServer, type TestServer } from './server.ts';

// aerc wants a terminal that is read and typed at, which tmux is.
const isReady = [isInstalled('aerc'), isInstalled('tmux')].every(Boolean);
const PATIENCE = { timeout: 8_000, interval: 100 };

describe.skipIf(!isReady)('aerc', () => {
  let server: TestServer;
  let observer: Observer;
  let socket: string;
  beforeAll(async () => {
    server = await startServer();
    observer = await Observer.open(server.imap);
    socket = path.join(server.folder, 'tmux');
    const folder = path.join(server.folder, 'config', 'aerc');
    await mkdir(folder, { recursive: true });
    const account = [
      '[eider]',
      `source = imap+insecure://${NAME}:${PASSWORD}@127.0.0.1:${server.imap}`,
      'default = INBOX',
      'from = Ann <ann@example.org>',
      '',
    ];
    await writeFile(path.join(folder, 'accounts.conf'), account.join('\n'), { mode: 0o600 });
    for (const octets of [letter('older'), ODD_MAIL.octets, letter('doomed')]) {
      await observer.append('INBOX', octets as string);
    }
    const env = { HOME: server.folder, XDG_CONFIG_HOME: path.join(server.folder, 'config'), TERM: 'xterm-256color' };
    await tmux(['-f', '/dev/null', 'new-session', '-d', '-x', '120', '-y', '40', 'aerc'], env);
  });
  afterAll(async () => {
    await tmux(['kill-server']).catch(() => undefined);
    observer?.close();
    await server?.stop();
  });

  const tmux = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> =>
    runProgram('tmux', ['-S', socket, ...args], { env });
  const screen = (): Promise<string> => tmux(['capture-pane', '-p']);
  const shows = (text: string): Promise<void> =>
    vi.waitFor(async () => expect(await screen()).toContain(text), PATIENCE);
  const type = async (command: string): Promise<void> => {
    await tmux(['send-keys', '-l', `:${command}`]);
    await tmux(['send-keys', 'Enter']);
  };
  const flagsOf = async (mailbox: string, subject: string): Promise<readonly string[] | undefined> =>
    (await observer.messages(mailbox)).find(({ octets }) => octets.includes(`Subject: ${subject}\r\n`))?.flags;

  test('shows the mailboxes, and the mail of the first', async () => {
    for (const mailbox of ['INBOX', 'Archive', 'Drafts', 'Junk', 'Sent', 'Trash']) await shows(mailbox);
    for (const subject of ['older', 'octets', 'doomed']) await shows(subject);
  });

  test('new mail appears by itself, and what goes disappears', async () => {
    await observer.append('INBOX', letter('by itself'));
    await shows('by itself');
    await observer.change('INBOX', 'STORE 4 +FLAGS (\\Deleted)');
    await observer.run('CLOSE');
    await vi.waitFor(async () => expect(await screen()).not.toContain('by itself'), PATIENCE);
  });

  test('gives a message out octet by octet', async () => {
    const file = path.join(server.folder, 'given');
    // The newest is selected.
    await type('next');
    await type(`pipe -bm tee ${file}`);
    await vi.waitFor(async () => expect(await readFile(file, 'latin1')).toBe(ODD_MAIL.octets), PATIENCE);
    await type('prev');
  });

  test('flags, deletes, and moves to another mailbox', async () => {
    await type('flag');
    await vi.waitFor(async () => expect(await flagsOf('INBOX', 'doomed')).toContain('\\Flagged'), PATIENCE);
    await type('delete');
    await vi.waitFor(async () => expect(await flagsOf('INBOX', 'doomed')).toBeUndefined(), PATIENCE);
    await type('move Archive');
    await vi.waitFor(async () => expect(await observer.messages('Archive')).toHaveLength(1), PATIENCE);
    await vi.waitFor(async () => expect(await observer.messages('INBOX')).toHaveLength(1), PATIENCE);
  });

  test('finds by subject on the server', async () => {
    await type('cf INBOX');
    await observer.append('INBOX', letter('needle one'));
    await shows('needle one');
    const left = (await observer.messages('INBOX')).length;
    expect(left).toBe(2);
    await type('filter needle');
    await shows('needle one');
    await vi.waitFor(async () => expect(await screen()).not.toMatch(/older|octets/), PATIENCE);
    await type('quit');
  });
});
