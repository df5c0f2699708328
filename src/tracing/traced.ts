/** Runs operations so that those who listen to their channels are told; where nobody listens, it only runs them. */

import { type EventMessages, eventChannels, type OperationMessages, operationChannels } from './channels.ts';
import type { OperationMessage, TracedError } from './messages.ts';

/** Runs an operation within what a listener wants to be around it, such as the context of a span. */
export type Around = <T>(work: () => T) => T;

/**
 * Where a listener to `start` puts what shall be around the operation. `AsyncLocalStorage`s of its own it binds to the
 * channel instead, as Node.js has it.
 */
export const AROUND: unique symbol = Symbol('eider.around');

type Messages<Name extends keyof OperationMessages> = OperationMessages[Name];

/**
 * Runs `work`, and tells of it on a tracing channel.
 *
 * @param message told from start to end; `work` fills in what is known later, and `error` for a failure that it resolves with
 */
export function traced<Name extends keyof OperationMessages, T>(
  name: Name,
  message: Messages<Name>,
  work: (message: Messages<Name>) => Promise<T>,
): Promise<T> {
  return operationChannels[name].hasSubscribers ? tell(name, message, work) : work(message);
}

/** Whether anybody listens to an operation: what costs something to find out for its message is worth it then. */
export function isTraced(name: keyof OperationMessages): boolean {
  return operationChannels[name].hasSubscribers;
}

/** Tells of an event, which is made only when somebody listens. */
export function publish<Name extends keyof EventMessages>(name: Name, event: () => EventMessages[Name]): void {
  const channel = eventChannels[name];
  if (channel.hasSubscribers) channel.publish(event());
}

/** What may be told of an error. */
export function tracedError(error: unknown): TracedError {
  if (!(error instanceof Error)) return { code: typeof error };
  const { code } = error as { code?: unknown };
  return { code: typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : error.constructor.name };
}

// As `tracePromise` of Node.js, but for what it tells: neither results nor messages of errors, which may have mail in them.
function tell<Name extends keyof OperationMessages, T>(
  name: Name,
  message: Messages<Name>,
  work: (message: Messages<Name>) => Promise<T>,
): Promise<T> {
  const { start, end, asyncStart, asyncEnd, error } = operationChannels[name];
  const told: OperationMessage & { [AROUND]?: Around } = message;
  const over = (): void => {
    asyncStart.publish(message);
    asyncEnd.publish(message);
  };
  const failed = (reason: unknown): never => {
    told.error = tracedError(reason);
    error.publish(message);
    over();
    throw reason;
  };
  return start.runStores(message, async () => {
    const around = told[AROUND];
    let running: Promise<T>;
    try {
      running = around ? around(() => work(message)) : work(message);
    } catch (reason) {
      return failed(reason);
    } finally {
      end.publish(message);
    }
    return running.then((result) => {
      if (told.error) error.publish(message);
      over();
      return result;
    }, failed);
  });
}
