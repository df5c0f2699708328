/** Tickets: the half of a login that is done when a second factor is due. */

import type { Vault } from '../engine/vault.ts';
import type { UsedCredential } from '../model/authentication.ts';
import type { AccountId } from '../model/ids.ts';
import { digestOf, randomToken } from './secrets.ts';

/** How long a ticket is good, in milliseconds. */
export const TICKET_MS = 300_000;
/** Second factors that may be tried with one ticket. */
export const TICKET_TRIES = 5;

const KIND = 'ticket';
const TRIES_KIND = 'ticketTries';
const TICKET = /^([a-z0-9-]{1,64})_([\w-]{43})$/;

/** What a ticket stands for. */
export interface TicketMeaning {
  readonly account: AccountId;
  readonly credential: UsedCredential;
  readonly mustChange: boolean;
}

/** The tickets of all accounts. */
export class LoginTickets {
  readonly #vault: Vault;
  readonly #now: () => number;

  constructor(vault: Vault, now: () => number) {
    this.#vault = vault;
    this.#now = now;
  }

  async create(meaning: TicketMeaning): Promise<string> {
    const secret = randomToken();
    const place = { owner: meaning.account, kind: KIND, key: digestOf(meaning.account, secret) };
    await this.#vault.put(place, { value: JSON.stringify(meaning), expires: this.#now() + TICKET_MS });
    return `${meaning.account}_${secret}`;
  }

  /** What a ticket stands for; `null` when it is none, or no more. */
  async peek(ticket: string): Promise<TicketMeaning | null> {
    const place = placeOf(ticket);
    const entry = place && (await this.#vault.get(place));
    return entry && (JSON.parse(entry.value) as TicketMeaning);
  }

  /** What a ticket stands for, as one more try; `null` when it is none, or no more. */
  async try(ticket: string): Promise<TicketMeaning | null> {
    const place = placeOf(ticket);
    const entry = place && (await this.#vault.get(place));
    if (!place || !entry) return null;
    const { count } = await this.#vault.count({ ...place, kind: TRIES_KIND }, 1, this.#now() + TICKET_MS);
    if (count <= TICKET_TRIES) return JSON.parse(entry.value) as TicketMeaning;
    await this.#vault.take(place);
    return null;
  }

  /** Uses a ticket up: of several who do, one has it. */
  async spend(ticket: string): Promise<boolean> {
    const place = placeOf(ticket);
    return place !== null && (await this.#vault.take(place)) !== null;
  }

  async clear(account: AccountId): Promise<void> {
    await this.#vault.clear(account, KIND);
  }
}

function placeOf(ticket: string): { owner: string; kind: string; key: string } | null {
  const found = TICKET.exec(ticket);
  if (!found) return null;
  const [, account, secret] = found as unknown as [string, string, string];
  return { owner: account, kind: KIND, key: digestOf(account, secret) };
}
