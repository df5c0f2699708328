/** Progress of long work: a line that renews itself on a terminal, plain lines elsewhere. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Progress } from '../../src/cli/progress.ts';

class FakeStream {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(isTTY: boolean, columns = 200) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): boolean {
    this.text += text;
    return true;
  }

  asStream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('on a terminal one line with share, rate and time left; at the end it is gone', () => {
  const out = new FakeStream(true);
  const progress = new Progress('box', { octets: 1000 }, out.asStream());
  vi.advanceTimersByTime(2000);
  progress.add(4, 250);
  expect(out.text).toBe('\rbox  [#####...............] 25%  4 messages, 2/s, 125 B/s, 6 s left');
  vi.advanceTimersByTime(50);
  progress.add(1, 10);
  expect(out.text).not.toContain('5 messages');
  progress.note('something happened');
  expect(out.text).toMatch(/\r +\rsomething happened\n$/);
  vi.advanceTimersByTime(2000);
  progress.add(1, 10);
  progress.end();
  expect(out.text).toMatch(/6 messages.*\r +\r$/s);
});

test('what was done before counts for the share, not for the rate', () => {
  const out = new FakeStream(true);
  const progress = new Progress('box', { messages: 100 }, out.asStream());
  progress.skip(80, 0);
  vi.advanceTimersByTime(1000);
  progress.add(10, 0);
  expect(out.text).toContain('] 90%  10 messages, 10/s, 0 B/s, 1 s left');
});

test('a narrow terminal gets a short line, one that hides its width a usual one', () => {
  for (const [columns, length] of [
    [40, 39],
    [0, 79],
  ] as const) {
    const out = new FakeStream(true, columns);
    const progress = new Progress('a rather long name of a mailbox file.mbox', { octets: 1000 }, out.asStream());
    vi.advanceTimersByTime(1000);
    progress.add(1, 1);
    expect(out.text).toHaveLength(length + 1);
  }
});

test('elsewhere a plain line every ten seconds', () => {
  const out = new FakeStream(false);
  const progress = new Progress('box', { messages: 0 }, out.asStream());
  for (let second = 0; second < 25; second++) {
    vi.advanceTimersByTime(1000);
    progress.add(1, 1);
  }
  progress.end();
  expect(out.text).toBe('box  10 messages, 1/s, 1 B/s\nbox  20 messages, 1/s, 1 B/s\n');
});
