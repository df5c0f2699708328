/**
 * The REST API: everything that a store can do, by HTTP.
 *
 * @module
 * @example
 * ```ts
 * import { openStore } from 'eider';
 * import { createRestServer } from 'eider/rest';
 *
 * await using store = await openStore({ path: './mail' });
 * await using server = createRestServer(store, { port: 8080 });
 * await server.listen();
 * ```
 */

export { createRestApi, type RestApi, type RestApiOptions } from './api.ts';
export type { RequestInfo, RestLimits, RestLogger } from './context.ts';
export { type AccountEvent, type AccountEventsOptions, accountEvents } from './events/account-events.ts';
export { createRestServer, type RestAddress, type RestServer, type RestServerOptions } from './server.ts';
