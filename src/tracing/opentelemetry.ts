/** Operations as spans of OpenTelemetry, and events as events of the span that they happen in. */

import type { Context, Span, SpanOptions, Tracer, TracerProvider } from '@opentelemetry/api';
import { EiderError } from '../errors.ts';
import { eventChannels, type OperationMessages, operationChannels } from './channels.ts';
import type { AuthAttemptMessage, OperationMessage } from './messages.ts';
import { type SpanDescription, spanDescriptions } from './spans.ts';
import { AROUND, type Around } from './traced.ts';

type Api = typeof import('@opentelemetry/api');

/** Options of {@link traceWithOpenTelemetry}. */
export interface OpenTelemetryOptions {
  /** Makes the spans. @defaultValue the one that was registered globally */
  readonly tracerProvider?: TracerProvider;
}

/**
 * Makes spans of all operations of the process, as children of the span that is active where they are called. A request
 * to the API that no span is active for is the child that its `traceparent` says, when a propagator was registered. Needs
 * the package `@opentelemetry/api`, and an SDK that was set up with it.
 *
 * @returns a function that ends it; operations that run then end without a span's end
 * @throws `UNSUPPORTED` without the package.
 * @example
 * ```ts
 * import { traceWithOpenTelemetry } from 'eider/tracing';
 *
 * const stop = await traceWithOpenTelemetry();
 * ```
 */
export async function traceWithOpenTelemetry(options: OpenTelemetryOptions = {}): Promise<() => void> {
  const api = await import('@opentelemetry/api').catch((error: unknown) => {
    throw new EiderError('UNSUPPORTED', 'spans need the package @opentelemetry/api', { cause: error });
  });
  const tracer = (options.tracerProvider ?? api.trace).getTracer('eider');
  const stops = (Object.keys(spanDescriptions) as (keyof OperationMessages)[]).map((name) => follow(api, tracer, name));
  stops.push(followLogins(api));
  return () => {
    for (const stop of stops) stop();
  };
}

/** Makes spans of one kind of operation. */
function follow<Name extends keyof OperationMessages>(api: Api, tracer: Tracer, name: Name): () => void {
  type Message = OperationMessages[Name];
  const description = spanDescriptions[name] as unknown as SpanDescription<Message>;
  const spans = new WeakMap<object, Span>();
  const listeners = {
    start(told: unknown): void {
      const message = told as Message & { [AROUND]?: Around };
      const parent = parentOf(api, message);
      const { name: spanName, kind, attributes } = description.begin(message);
      const options: SpanOptions = { kind: api.SpanKind[kind], attributes };
      const span = tracer.startSpan(spanName, options, parent);
      spans.set(message, span);
      const inSpan = api.trace.setSpan(parent, span);
      const outer = message[AROUND];
      message[AROUND] = (work) => api.context.with(inSpan, () => (outer ? outer(work) : work()));
    },
    asyncEnd(told: unknown): void {
      const message = told as Message & OperationMessage;
      const span = spans.get(message);
      if (!span) return;
      spans.delete(message);
      span.setAttributes(description.end(message));
      if (message.error) {
        // Its message is not told: it may repeat what a client has sent.
        span.setAttribute('error.type', message.error.code);
        span.setStatus({ code: api.SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
  const channel = operationChannels[name];
  channel.start.subscribe(listeners.start);
  channel.asyncEnd.subscribe(listeners.asyncEnd);
  return () => {
    channel.start.unsubscribe(listeners.start);
    channel.asyncEnd.unsubscribe(listeners.asyncEnd);
  };
}

/** What is active; where nothing is, what the client of a request names. */
function parentOf(api: Api, message: object): Context {
  const active = api.context.active();
  if (api.trace.getSpan(active) || !('traceparent' in message) || typeof message.traceparent !== 'string')
    return active;
  const { traceparent } = message;
  const tracestate = 'tracestate' in message && typeof message.tracestate === 'string' ? message.tracestate : null;
  return api.propagation.extract(active, { traceparent, ...(tracestate !== null && { tracestate }) });
}

/** Attempts to log in are events of the span that they happen in: of an IMAP command, of a request. */
function followLogins(api: Api): () => void {
  const channel = eventChannels['eider:auth.attempt'];
  const listener = (told: unknown): void => {
    const { scope, outcome, account, credential } = told as AuthAttemptMessage;
    api.trace.getActiveSpan()?.addEvent('eider.auth.attempt', {
      'eider.auth.scope': scope,
      'eider.auth.outcome': outcome,
      ...(account !== null && { 'eider.account.id': account }),
      ...(credential !== null && { 'eider.auth.credential': credential }),
    });
  };
  channel.subscribe(listener);
  return () => channel.unsubscribe(listener);
}
