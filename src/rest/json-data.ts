/** Data of a program's own, as requests give it. */

import type { JsonObject } from '../model/account-profile.ts';
import { ApiError } from './problems.ts';

/** A JSON object, given as one or as its text. @throws {@link ApiError}. */
export function readData(name: string, value: unknown): JsonObject {
  const found = typeof value === 'string' ? parse(name, value) : value;
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found as JsonObject;
  throw notAnObject(name);
}

function parse(name: string, text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw notAnObject(name);
  }
}

function notAnObject(name: string): ApiError {
  return new ApiError('InputValidationError', `"${name}": is no JSON object`, {
    details: { [name]: 'is no JSON object' },
  });
}
