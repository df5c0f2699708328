/** What all operations on webhooks share. */

import { z } from 'zod';
import type { Resource, Verb } from '../access.ts';
import { idField } from '../fields.ts';
import { ApiError, type ProblemCode } from '../problems.ts';

/** Under which heading they are told. */
export const group = 'Webhooks';
/** Parameters of one webhook. */
export const forOne: { webhook: z.ZodString } = { webhook: idField('ID of the webhook') };
/** What those may refuse. */
export const errors: readonly ProblemCode[] = ['WebhookNotFound'];
/** A time that may be none. */
export const time: z.ZodNullable<z.ZodString> = z.string().nullable();

/** What an operation needs to be granted. */
export function access(verb: Verb): { readonly resource: Resource; readonly verb: Verb } {
  return { resource: 'webhooks', verb };
}

/** `false` and `null` stand for none. @throws {@link ApiError} `WebhookNotFound`. */
export function requireFound<T>(found: T | false | null): T {
  if (found === false || found === null) throw new ApiError('WebhookNotFound', 'this webhook does not exist');
  return found;
}

/** A time as it is told. */
export function timeOf(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
