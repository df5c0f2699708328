/** The example of three processes behind HAProxy starts by its script, goes on without one of them, and ends whole. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { mustEider } from '../cli/run-eider.ts';
import { freePort, HAS_HAPROXY } from '../durability/balancer.ts';
import { ConnectionLost, ImapSession, LmtpSession } from '../durability/line-socket.ts';
import { DIST, ROOT } from '../house/source-tree.ts';
import { freshUri, MONGODB_URI } from '../mongodb/mongo-test.ts';

if (!HAS_HAPROXY) console.warn('SKIPPED: the example of a cluster needs haproxy');

/** Processes below one, itself included. */
function family(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(text === '' ? [] : text.split(' ').map(Number)).flatMap(family)];
}

const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    if (/^IMAP on port \d+, LMTP on port \d+, behind/.test(line)) return line;
  }
  throw new Error('the script ended without a word');
}

/** What `work` gives, tried again while the connection breaks. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 50; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConnectionLost) || left === 0) throw error;
    }
    await delay(100);
  }
}

test.skipIf(MONGODB_URI === null || !HAS_HAPROXY)(
  'the cluster serves on when a process is killed',
  { timeout: 180_000 },
  async () => {
    const uri = freshUri();
    // Behind each of the two are those of the three processes.
    const [imap, lmtp] = [await freePort(4), await freePort(4)];
    await mustEider(['account', 'add', 'ann', '--password', 'secret'], { env: { EIDER_MONGODB: uri } });
    const env = {
      ...process.env,
      EIDER_MONGODB: uri,
      IMAP_PORT: String(imap),
      LMTP_PORT: String(lmtp),
      EIDER: `${process.execPath} ${path.join(DIST, 'cli', 'main.js')}`,
    };
    const script = spawn(path.join(ROOT, 'examples', 'cluster', 'start'), {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => {
      if (script.exitCode === null) for (const pid of family(script.pid as number)) process.kill(pid, 'SIGKILL');
    });
    await firstLine(script);
    const serving = (): number[] =>
      family(script.pid as number).filter((pid) =>
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('serve'),
      );
    const deliver = async (n: number): Promise<void> => {
      const session = await LmtpSession.open(lmtp);
      await session.deliver('ann', `Subject: number ${n}\r\n\r\nhello\r\n`);
      session.close();
    };
    const count = async (): Promise<number> => {
      const session = await ImapSession.open(imap, 'ann', 'secret');
      const lines = await session.run('STATUS INBOX (MESSAGES)');
      session.close();
      return Number(/MESSAGES (\d+)/.exec(lines.join(' '))?.[1]);
    };
    for (let n = 0; n < 6; n++) await again(() => deliver(n));
    expect(await again(count)).toBe(6);
    expect(serving()).toHaveLength(3);
    process.kill(serving()[0] as number, 'SIGKILL');
    for (let n = 0; n < 3; n++) expect(await again(count)).toBe(6);
    await again(() => deliver(6));
    expect(await again(count)).toBe(7);
    const all = family(script.pid as number);
    const ended = once(script, 'exit');
    script.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await expect.poll(() => all.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  },
);
