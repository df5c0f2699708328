/** Octets for the IMAP grammar: commands that were sent to real servers, made wrong; commands by grammar; rubbish. */

import { readdirSync, readFileSync } from 'node:fs';
import { GRAMMAR, TOKENS } from './imap-grammar.mjs';
import { mutate } from './mutate.mjs';
import { Random } from './random.mjs';

const TRANSCRIPTS = new URL('../transcripts/', import.meta.url);

/** Deeper than this each rule takes its first form. */
const MAX_DEPTH = 12;

/** Commands that clients send in the transcripts, each with its literals. */
export function recordedCommands() {
  const commands = new Set();
  for (const name of readdirSync(TRANSCRIPTS)) {
    let command = '';
    for (const line of readFileSync(new URL(name, TRANSCRIPTS), 'latin1').split('\n')) {
      const [, bang, said] = /^C\d?(!?):(?: (.*))?$/.exec(line) ?? [];
      if (said === undefined) continue;
      command += bang ? JSON.parse(said) : `${said}\r\n`;
      if (/\{\d+\+?\}\r\n$/.test(command)) continue;
      commands.add(command.replace(/\{\{\w*\}\}/g, '1'));
      command = '';
    }
  }
  return [...commands];
}

/** Inputs without end; the same for the same seed. */
export class ImapInputs {
  #random;
  #recorded = recordedCommands();

  /** @param {number} seed */
  constructor(seed) {
    this.#random = new Random(seed);
  }

  get random() {
    return this.#random;
  }

  /** Octets in a string: one command or a few, whole or not. */
  next() {
    const random = this.#random;
    switch (random.below(16)) {
      case 0:
        return random.octets(1 + random.below(80));
      case 1:
        return `a ${random.of(this.#recorded).split(' ')[1] ?? 'X'} ${random.octets(random.below(40))}\r\n`;
      case 2:
        return this.#words();
      case 3: {
        const command = this.#grammatical();
        return command.slice(0, random.below(command.length));
      }
      case 4:
        return this.#wrongLiteral();
      case 5:
      case 6:
      case 7:
      case 8:
        return this.#grammatical();
      case 9:
      case 10:
      case 11:
        return mutate(this.#grammatical(), random, TOKENS, this.#recorded);
      default:
        return mutate(random.of(this.#recorded), random, TOKENS, this.#recorded);
    }
  }

  #grammatical() {
    return `a${this.#random.below(10)} ${this.#form('command', 0)}\r\n`;
  }

  #form(rule, depth) {
    const forms = GRAMMAR[rule];
    const form = depth > MAX_DEPTH ? forms[0] : this.#random.of(forms);
    return form.replace(/<([a-z]+1?)>/g, (_, inner) => this.#form(inner, depth + 1));
  }

  /** Words of the grammar in any order. */
  #words() {
    let text = 'a ';
    for (let left = this.#random.below(20); left > 0; left--) text += this.#random.of(TOKENS);
    return `${text}\r\n`;
  }

  /** A literal that is shorter or longer than was said. */
  #wrongLiteral() {
    const random = this.#random;
    const command = this.#grammatical();
    return command.replace(/\{\d+(\+?)\}\r\n/g, (_, plus) => `{${random.below(12)}${plus}}\r\n`);
  }
}
