/** Runs an exchange over whatever carries it. */

import { failure } from './define-mechanism.ts';
import type { SaslContext, SaslCredentials, SaslFailure, SaslMechanism } from './mechanism.ts';

/** What a protocol does for an exchange. */
export interface SaslTransport<T> {
  /** Sends a challenge and reads the response, both without base64 here; `null` when the client cancels. */
  ask(challenge: Buffer): Promise<Buffer | null>;
  /** Whom the credentials let in; `null` for nobody. */
  admit(credentials: SaslCredentials): Promise<T | null>;
}

/**
 * Holds one authentication, from the initial response (`null` for none) to the end. Whoever was admitted is logged in
 * only when this resolves with `success`.
 */
export async function authenticate<T>(
  mechanism: SaslMechanism,
  context: SaslContext,
  initial: Buffer | null,
  transport: SaslTransport<T>,
): Promise<{ readonly kind: 'success'; readonly admitted: T } | SaslFailure> {
  const exchange = mechanism.start(context);
  let admitted: T | null = null;
  let step = await exchange.step(initial);
  for (;;) {
    if (step.kind === 'failure') return step;
    if (step.kind === 'success') return admitted === null ? failure('refused') : { kind: 'success', admitted };
    if (step.kind === 'challenge') {
      const response = await transport.ask(step.data);
      if (response === null) return failure('cancelled');
      step = await exchange.step(response);
    } else {
      admitted = await transport.admit(step.credentials);
      step = await exchange.answer(admitted !== null);
    }
  }
}
