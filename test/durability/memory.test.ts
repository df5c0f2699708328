/** A message of 200 MB comes and goes through a server that does not grow by it. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/open-store.ts';
import { noise } from '../store/store-fixture.ts';
import { ImapSession, LmtpSession } from './line-socket.ts';
import { startServer } from './server-process.ts';

const SIZE = 200 * 1024 * 1024;
const LIMIT = 64 * 1024 * 1024;

const measurable = existsSync('/proc/self/clear_refs');
if (!measurable) console.warn('SKIPPED: memory tests read /proc');

/** Lines of base64, about 1 MB. */
const BLOCK = Buffer.from(
  noise(57 * 13_800)
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n'),
  'latin1',
);

/** The message in pieces: a text part and a file that makes nearly all of it. */
function* message(): Generator<Buffer> {
  yield Buffer.from(
    'Subject: large\r\nContent-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\n\r\nSee the file.\r\n--edge\r\nContent-Type: application/x-made\r\nContent-Transfer-Encoding: base64\r\n\r\n',
  );
  for (let octets = 0; octets < SIZE; octets += BLOCK.length) yield BLOCK;
  yield Buffer.from('--edge--\r\n');
}

/** A line of a process's status, in octets. */
function memory(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(line?.[1]) * 1024;
}

/** How much a process grew at most while something was done. */
async function growth(pid: number, work: () => Promise<void>): Promise<number> {
  // From now on the peak is counted anew.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const before = memory(pid, 'VmRSS');
  await work();
  return memory(pid, 'VmHWM') - before;
}

/** Fetches a message and hashes its octets as they come. */
function fetchDigest(port: number, uid: number): Promise<{ digest: string; size: number }> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    let size = -1;
    let left = 0;
    let text = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`a LOGIN ann secret\r\nb SELECT INBOX\r\nc UID FETCH ${uid} BODY.PEEK[]\r\n`),
    );
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      let rest = chunk;
      if (left > 0) {
        const part = rest.subarray(0, left);
        hash.update(part);
        left -= part.length;
        rest = rest.subarray(part.length);
      }
      if (rest.length === 0) return;
      text += rest.toString('latin1');
      const literal = /BODY\[\] \{(\d+)\}\r\n/.exec(text);
      if (literal && size < 0) {
        size = Number(literal[1]);
        const octets = Buffer.from(text.slice(literal.index + literal[0].length), 'latin1');
        hash.update(octets.subarray(0, size));
        left = size - Math.min(size, octets.length);
        text = octets.subarray(size).toString('latin1');
      }
      if (!/^c (OK|NO|BAD)/m.test(text)) return;
      socket.destroy();
      resolve({ digest: hash.digest('hex'), size });
    });
  });
}

describe.skipIf(!measurable)('memory', () => {
  it('does not grow by a message of 200 MB, on its way in or out', { timeout: 120_000 }, async () => {
    const path = await mkdtemp(join(tmpdir(), 'eider-memory-'));
    const store = await openStore({ path });
    await store.accounts.create({ name: 'ann', password: 'secret' });
    await store.close();
    const hash = createHash('sha256');
    let sent = 0;
    for (const piece of [Buffer.from('Return-Path: <>\r\nDelivered-To: ann\r\n'), ...message()]) {
      hash.update(piece);
      sent += piece.length;
    }
    const digest = hash.digest('hex');
    const server = await startServer(path);
    const delivery = await LmtpSession.open(server.lmtp);
    // Code that runs for the first time takes memory too, and so does the password's hash.
    await delivery.deliver('ann', 'Subject: warm\r\n\r\nup\r\n');
    await fetchDigest(server.imap, 1);
    const inward = await growth(server.pid, async () => {
      await delivery.say('MAIL FROM:<>');
      await delivery.say('RCPT TO:<ann>');
      await delivery.say('DATA', 3);
      for (const piece of message()) await delivery.send(piece);
      await delivery.say('.');
    });
    const outward = await growth(server.pid, async () => {
      expect(await fetchDigest(server.imap, 2)).toEqual({ digest, size: sent });
    });
    const session = await ImapSession.open(server.imap, 'ann', 'secret');
    const slow = await growth(server.pid, () => fetchWithoutReading(server.imap));
    await session.run('NOOP');
    const [comes, goes, waits] = [inward, outward, slow].map((octets) => Math.round(octets / 1e6));
    console.log(
      `200 MB coming: ${comes} MB more; going: ${goes} MB more; asked for four times and not read: ${waits} MB more`,
    );
    session.close();
    delivery.close();
    expect(await server.stop()).toBe(0);
    await rm(path, { recursive: true });
    expect(inward).toBeLessThan(LIMIT);
    expect(outward).toBeLessThan(LIMIT);
    expect(slow, 'a client that asks and does not read').toBeLessThan(LIMIT);
  });
});

/** Asks for the message four times, and takes nothing of it. */
async function fetchWithoutReading(port: number): Promise<void> {
  const sockets = Array.from({ length: 4 }, () => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('a LOGIN ann secret\r\nb SELECT INBOX\r\nc UID FETCH 2 BODY.PEEK[]\r\n'),
    );
    socket.pause();
    socket.on('error', () => {});
    return socket;
  });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  for (const socket of sockets) socket.destroy();
}
