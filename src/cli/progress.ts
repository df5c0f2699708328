/** Progress of long work on stderr: one line that renews itself on a terminal, a plain line now and then elsewhere. */

import { formatCount, formatOctets, formatSpan } from './octets.ts';

/** How much there is to do; what is not known is absent. */
export interface ProgressTotal {
  readonly messages?: number;
  readonly octets?: number;
}

/** Counts messages and octets, and tells how long the rest will take. */
export class Progress {
  readonly #label: string;
  readonly #total: ProgressTotal;
  #messages = 0;
  #octets = 0;
  // What was skipped took no time and must not make the rest look fast.
  #skipped = { messages: 0, octets: 0 };
  readonly #started: number = performance.now();
  #told: number = performance.now();
  #wide = 0;
  readonly #out: NodeJS.WriteStream;
  readonly #everyMs: number;

  constructor(label: string, total: ProgressTotal, out: NodeJS.WriteStream = process.stderr) {
    this.#label = label;
    this.#total = total;
    this.#out = out;
    this.#everyMs = out.isTTY ? 100 : 10_000;
  }

  /** Counts work that is done. */
  add(messages: number, octets: number): void {
    this.#messages += messages;
    this.#octets += octets;
    this.#tellNowAndThen();
  }

  /** Counts work that had been done before. */
  skip(messages: number, octets: number): void {
    this.#skipped = { messages: this.#skipped.messages + messages, octets: this.#skipped.octets + octets };
    this.#tellNowAndThen();
  }

  /** Prints a line for people above the progress. */
  note(line: string): void {
    this.#clear();
    this.#out.write(`${line}\n`);
  }

  /** Takes the line away from the terminal. */
  end(): void {
    this.#clear();
  }

  #tellNowAndThen(): void {
    const now = performance.now();
    if (now - this.#told < this.#everyMs) return;
    this.#told = now;
    const line = this.#line(now - this.#started);
    if (!this.#out.isTTY) {
      this.#out.write(`${line}\n`);
      return;
    }
    const short = line.slice(0, Math.max(20, (this.#out.columns || 80) - 1));
    this.#out.write(`\r${short.padEnd(this.#wide)}`);
    this.#wide = short.length;
  }

  #line(ms: number): string {
    const seconds = Math.max(ms / 1000, 0.001);
    const rate = `${formatCount(Math.round(this.#messages / seconds))}/s, ${formatOctets(this.#octets / seconds)}/s`;
    const share = this.#share();
    if (share === null) return `${this.#label}  ${formatCount(this.#messages)} messages, ${rate}`;
    const filled = Math.round(share.all * 20);
    const bar = `[${'#'.repeat(filled)}${'.'.repeat(20 - filled)}] ${Math.floor(share.all * 100)}%`;
    const left = share.now > 0 ? `, ${formatSpan((ms / share.now) * (1 - share.now))} left` : '';
    return `${this.#label}  ${bar}  ${formatCount(this.#messages)} messages, ${rate}${left}`;
  }

  /** Shares of the whole, and of what had to be done by this run; by octets when they are known. */
  #share(): { readonly all: number; readonly now: number } | null {
    const byOctets = this.#total.octets !== undefined;
    const total = byOctets ? this.#total.octets : this.#total.messages;
    if (!total) return null;
    const skipped = byOctets ? this.#skipped.octets : this.#skipped.messages;
    const done = byOctets ? this.#octets : this.#messages;
    const clamp = (share: number): number => Math.min(1, Math.max(0, share));
    return { all: clamp((done + skipped) / total), now: clamp(done / Math.max(1, total - skipped)) };
  }

  #clear(): void {
    if (this.#wide > 0) this.#out.write(`\r${' '.repeat(this.#wide)}\r`);
    this.#wide = 0;
  }
}
