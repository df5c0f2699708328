/** Throws away the rest of a command that was refused, and finds where the next one begins. */

import type { ConnectionInput } from '../../net/connection-input.ts';
import { parseAnnouncement } from './command-head.ts';
import { CommandError } from './imap-syntax-error.ts';

/** As much of the end of a line as an announcement of a literal can take. */
const TAIL = 32;

/** Throws away octets of a literal, the rest of the line, and what that announces in turn. */
export class CommandSkipper {
  readonly #input: ConnectionInput;
  #octets = 0;
  /** After the octets the command goes on, to the end of the line at least. */
  #line = false;
  #tail = '';
  #budget = 0;
  #tag = '*';

  constructor(input: ConnectionInput) {
    this.#input = input;
  }

  /**
   * The next `octets`, and all the rest of the command.
   *
   * @param budget how much may be thrown away in all, in octets
   * @param tag of the command
   * @throws CommandError, fatal, when `octets` is above the budget.
   */
  start(octets: number, budget: number, tag: string): void {
    this.#tag = tag;
    this.#budget = budget;
    this.#tail = '';
    this.#line = true;
    this.#spend(octets);
    this.#octets = octets;
  }

  /** The next `octets` only. */
  startOctets(octets: number): void {
    this.#octets = octets;
    this.#line = false;
  }

  /**
   * Throws away what has arrived; whether that was all.
   *
   * @throws CommandError, fatal, when the budget is spent.
   */
  advance(): boolean {
    for (;;) {
      if (!this.#advanceOctets()) return false;
      if (!this.#line) return true;
      const dropped = this.#input.dropLine();
      this.#spend(dropped.octets);
      this.#tail = (this.#tail + dropped.tail).slice(-TAIL);
      if (!dropped.complete) return false;
      const announcement = parseAnnouncement(this.#tail.replace(/\r$/, ''));
      this.#tail = '';
      // Nobody sends a literal {n} for a command that was refused; one {n+} comes whatever we say.
      this.#line = announcement !== null && !announcement.synchronizing;
      if (announcement === null || announcement.synchronizing) continue;
      this.#spend(announcement.size);
      this.#octets = announcement.size;
    }
  }

  #advanceOctets(): boolean {
    while (this.#octets > 0) {
      const octets = this.#input.takeOctets(this.#octets);
      if (octets === null) return false;
      this.#octets -= octets.length;
    }
    return true;
  }

  #spend(octets: number): void {
    this.#budget -= octets;
    if (this.#budget >= 0) return;
    throw new CommandError('the command is too long', { tag: this.#tag, fatal: true, code: 'TOOBIG' });
  }
}
