/**
 * A client for the REST API, with the types of all of its operations. It needs nothing but `fetch`, so it works in
 * browsers too.
 *
 * @module
 * @example
 * ```ts
 * import { createRestClient } from 'eider/rest/client';
 *
 * const client = createRestClient({ baseUrl: 'http://localhost:8080', token: 'eider__…' });
 * const { results } = await client.get('/users/{user}/mailboxes', { user: 'me', counters: true });
 * console.log(results.map(({ path, unseen }) => `${path}: ${unseen}`));
 * ```
 */

export type { RestClient } from './client.ts';
export { createRestClient, RestClientError, type RestClientOptions } from './client.ts';
export type { RestOperations } from './operations.ts';
