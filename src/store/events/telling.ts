/** Makes objects tell of what was done by their methods. */

import type { AdministrativeEvent } from '../../model/store-event.ts';

/** An event as whoever did it tells it: where it stands in the log, and when, is added. */
export type Told<Event = AdministrativeEvent> = Event extends AdministrativeEvent ? Omit<Event, 'id' | 'time'> : never;

/** Takes events. */
export type Tell = (event: Told) => void;

/** What a method's success tells. What it throws, as when somebody else was faster, is nobody's business: nothing is told. */
type Telling<Method, Before> = Method extends (...args: infer Args) => Promise<infer Done>
  ? (done: Done, args: Args, before: Before) => readonly Told[] | Promise<readonly Told[]>
  : never;

/** What has to be known from before. */
type Asking<Method, Before> = Method extends (...args: infer Args) => Promise<unknown>
  ? (...args: Args) => Promise<Before>
  : never;

/** Of which methods something is told; in pairs, what is to be known before, and what is told then. */
export type Tellings<Target> = {
  readonly [Name in keyof Target]?:
    | Telling<Target[Name], undefined>
    // biome-ignore lint/suspicious/noExplicitAny: each method has its own, and `asking` sees to it that both agree.
    | { readonly before: Asking<Target[Name], any>; readonly after: Telling<Target[Name], any> };
};

type Method = (...args: unknown[]) => Promise<unknown>;
type Entry = {
  readonly before: (...args: unknown[]) => Promise<unknown>;
  readonly after: (done: unknown, args: unknown[], before: unknown) => readonly Told[] | Promise<readonly Told[]>;
};

/** The same object, which tells after each of these methods what it has done. */
export function telling<Target extends object>(target: Target, tell: Tell, tellings: Tellings<Target>): Target {
  const methods = new Map<PropertyKey, Method>();
  for (const [name, given] of Object.entries(tellings)) {
    const entry = (typeof given === 'function' ? { before: nothing, after: given } : given) as Entry;
    const method = (target as Record<string, Method>)[name] as Method;
    methods.set(name, async (...args) => {
      const before = await entry.before(...args).catch(() => undefined);
      const done = await method.apply(target, args);
      // It was done: what cannot be told of it makes no error of it.
      const told = await Promise.resolve(entry.after(done, args, before)).catch(() => []);
      for (const event of told) tell(event);
      return done;
    });
  }
  return new Proxy(target, {
    get: (_, name) => {
      const method = methods.get(name);
      if (method) return method;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const nothing = async (): Promise<undefined> => undefined;
