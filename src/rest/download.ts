/** Answers that are octets and not JSON, sent as they are read. */

/** What is sent. */
export interface DownloadOptions {
  readonly contentType: string;
  /** Under which name to keep it; absent for what is shown. */
  readonly fileName?: string;
  readonly etag?: string;
  /** Octets, where they are known. */
  readonly size?: number;
  /** Of a part of it: where it begins, and how much there is in all. */
  readonly range?: { readonly start: number; readonly total: number };
  readonly rangesTaken?: boolean;
}

/** The answer. Nothing is read before somebody reads it, and no more than is read. */
export function downloadResponse(octets: AsyncIterable<Uint8Array>, options: DownloadOptions): Response {
  const { contentType, fileName, etag, size, range, rangesTaken } = options;
  const headers = new Headers({
    'content-type': contentType,
    // What comes from strangers is shown by nobody as a page of ours.
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'private, no-cache',
    ...(fileName !== undefined && { 'content-disposition': attachmentDisposition(fileName) }),
    ...(etag !== undefined && { etag }),
    ...(size !== undefined && { 'content-length': String(size) }),
    ...(rangesTaken && { 'accept-ranges': 'bytes' }),
  });
  if (range && size !== undefined) {
    headers.set('content-range', `bytes ${range.start}-${range.start + size - 1}/${range.total}`);
  }
  return new Response(streamOf(octets), { status: range ? 206 : 200, headers });
}

/** RFC 6266, with the name in UTF-8 (RFC 8187) where ASCII cannot say it. */
function attachmentDisposition(fileName: string): string {
  const ascii = fileName.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  if (ascii === fileName) return `attachment; filename="${ascii}"`;
  const encoded = encodeURIComponent(fileName.replace(/\p{Surrogate}/gu, '_')).replace(
    /['()*]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

function streamOf(octets: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = octets[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
