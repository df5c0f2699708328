/** Listens to all channels until the test has ended. */

import { onTestFinished } from 'vitest';
import { eventChannels, operationChannels } from '../../src/tracing/channels.ts';

/** What was told, copied when it was. */
export interface Told {
  readonly channel: string;
  readonly stage: 'start' | 'asyncEnd' | 'error' | 'event';
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into.
  readonly message: any;
}

/** Listens from now on. */
export function listen(): Told[] {
  const told: Told[] = [];
  for (const [channel, stages] of Object.entries(operationChannels)) {
    for (const stage of ['start', 'asyncEnd', 'error'] as const) {
      const listener = (message: unknown): void =>
        void told.push({ channel, stage, message: { ...(message as object) } });
      (stages[stage] as { subscribe(listener: (message: unknown) => void): void }).subscribe(listener);
      onTestFinished(() => void (stages[stage] as { unsubscribe(l: unknown): boolean }).unsubscribe(listener));
    }
  }
  for (const [channel, events] of Object.entries(eventChannels)) {
    const listener = (message: unknown): void => void told.push({ channel, stage: 'event', message });
    events.subscribe(listener);
    onTestFinished(() => void events.unsubscribe(listener));
  }
  return told;
}
