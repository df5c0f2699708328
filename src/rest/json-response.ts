/** Answers of JSON. */

/** An answer of JSON; not kept by anybody in between, unless the operation has said otherwise. */
export function jsonResponse(result: object | Uint8Array<ArrayBuffer>, headers: Headers = new Headers()): Response {
  headers.set('content-type', 'application/json; charset=utf-8');
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  return new Response(result instanceof Uint8Array ? result : jsonOctets(result), { headers });
}

/** What an answer says. */
export function jsonOctets(result: object): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify({ success: true, ...result }));
}

const encoder = new TextEncoder();
