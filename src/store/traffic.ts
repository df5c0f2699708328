/** The traffic of all accounts that have sessions in this process. */

import { randomBytes } from 'node:crypto';
import type { Account } from '../model/account.ts';
import { effectiveLimits, NO_LIMITS } from '../model/account-limits.ts';
import type { AccountId } from '../model/ids.ts';
import type { ProtocolUse, Traffic, TrafficProtocol, TrafficSession } from '../model/traffic.ts';
import { AccountTraffic, TRAFFIC_FLUSH_MS, type TrafficParts } from './account-traffic.ts';
import { accountSettings, type StoreContext } from './context.ts';

/** Counts for a store. */
export class StoreTraffic implements Traffic {
  readonly #context: StoreContext;
  readonly #parts: TrafficParts;
  /** By account and protocol. */
  readonly #accounts = new Map<string, AccountTraffic>();
  #timer: NodeJS.Timeout | null = null;

  constructor(context: StoreContext) {
    this.#context = context;
    this.#parts = {
      vault: context.engine.vault,
      process: randomBytes(9).toString('base64url'),
      limitsOf: async (account) => (await accountSettings(context, account)).limits,
    };
  }

  async begin(account: Account, protocol: TrafficProtocol, most: number): Promise<TrafficSession> {
    const traffic = this.#of(account.id, protocol);
    await traffic.begin(effectiveLimits(account.limits, await this.#context.defaultLimits.inForce()), most);
    let ended = false;
    return {
      add: (direction, octets) => traffic.add(direction, octets),
      isOver: (direction) => traffic.isOver(direction),
      waitMs: (direction, octets = 1) => traffic.waitMs(direction, octets),
      end: () => {
        if (!ended) traffic.end();
        ended = true;
      },
    };
  }

  async use(account: AccountId, protocol: TrafficProtocol): Promise<ProtocolUse> {
    return this.#of(account, protocol).use();
  }

  /** Writes down what was counted. */
  async close(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    for (const traffic of this.#accounts.values()) {
      await traffic.flush();
      await traffic.leave();
    }
    this.#accounts.clear();
  }

  #of(account: AccountId, protocol: TrafficProtocol): AccountTraffic {
    const key = `${protocol} ${account}`;
    const known = this.#accounts.get(key);
    if (known) return known;
    const traffic = new AccountTraffic(
      this.#parts,
      account,
      protocol,
      effectiveLimits(NO_LIMITS, this.#context.defaultLimits.given),
    );
    this.#accounts.set(key, traffic);
    this.#timer ??= setInterval(() => void this.#flushAll(), TRAFFIC_FLUSH_MS).unref();
    return traffic;
  }

  /** One account after the other, so that nothing is written in a crowd. */
  async #flushAll(): Promise<void> {
    for (const [key, traffic] of [...this.#accounts]) {
      await traffic.flush();
      await traffic.refresh();
      if (traffic.idle) this.#accounts.delete(key);
    }
    if (this.#accounts.size > 0 || !this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}
