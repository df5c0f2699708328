/** Makes a mechanism of a conversation written from top to bottom; limits and order are kept here. */

import type {
  SaslContext,
  SaslCredentials,
  SaslEnd,
  SaslExchange,
  SaslFailure,
  SaslFailureReason,
  SaslMechanism,
  SaslPause,
  SaslStep,
} from './mechanism.ts';

/** Most octets of a response that holds no token. */
export const MAX_RESPONSE_OCTETS = 4096;
/** Most octets of a response that holds a token. */
export const MAX_BEARER_RESPONSE_OCTETS = 12_288;

type Input = Buffer | boolean;

/** A conversation: it asks the client by {@link ask} and the server by {@link offer}, and returns the end. */
export type Conversation = (
  context: SaslContext,
  initial: Buffer | null,
) => AsyncGenerator<SaslPause, SaslEnd, Input> | Generator<SaslPause, SaslEnd, Input>;

/** The end that lets the client in. */
export const SUCCESS: SaslEnd = { kind: 'success' };

/** The end that does not. */
export function failure(reason: SaslFailureReason, authcid: string | null = null): SaslFailure {
  return { kind: 'failure', reason, authcid };
}

/** Sends a challenge, and gives the client's response. */
export function* ask(data: string): Generator<SaslPause, Buffer, Input> {
  return (yield { kind: 'challenge', data: Buffer.from(data) }) as Buffer;
}

/** Hands credentials to the server, and gives its verdict. */
export function* offer(credentials: SaslCredentials): Generator<SaslPause, boolean, Input> {
  return (yield { kind: 'credentials', credentials }) as boolean;
}

/** A mechanism whose exchanges hold `converse`. */
export function defineMechanism(name: string, maxResponse: number, converse: Conversation): SaslMechanism {
  return { name, maxResponse, start: (context) => new Exchange(context, maxResponse, converse) };
}

class Exchange implements SaslExchange {
  readonly #context: SaslContext;
  readonly #maxResponse: number;
  readonly #converse: Conversation;
  #conversation: ReturnType<Conversation> | null = null;
  #awaits: 'response' | 'verdict' | 'nothing' = 'response';

  constructor(context: SaslContext, maxResponse: number, converse: Conversation) {
    this.#context = context;
    this.#maxResponse = maxResponse;
    this.#converse = converse;
  }

  async step(response: Buffer | null): Promise<SaslStep> {
    if (this.#awaits !== 'response') return this.#fail('out-of-order');
    if (response && response.length > this.#maxResponse) return this.#fail('too-long');
    if (!this.#conversation) {
      const conversation = this.#converse(this.#context, response);
      this.#conversation = conversation;
      return this.#advance(() => conversation.next());
    }
    const conversation = this.#conversation;
    return response ? this.#advance(() => conversation.next(response)) : this.#fail('malformed');
  }

  async answer(accepted: boolean): Promise<SaslStep> {
    const conversation = this.#conversation;
    if (this.#awaits !== 'verdict' || !conversation) return this.#fail('out-of-order');
    return this.#advance(() => conversation.next(accepted));
  }

  async #advance(next: () => ReturnType<ReturnType<Conversation>['next']>): Promise<SaslStep> {
    // Until it is known what comes next, and for good when that fails, nothing may come.
    this.#awaits = 'nothing';
    const { value } = await next();
    if (value.kind === 'challenge') this.#awaits = 'response';
    if (value.kind === 'credentials') this.#awaits = 'verdict';
    return value;
  }

  #fail(reason: SaslFailureReason): SaslFailure {
    this.#awaits = 'nothing';
    return failure(reason);
  }
}
