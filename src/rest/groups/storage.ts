/** Operations on files that a user keeps to attach them to messages. */

import { z } from 'zod';
import type { AccountId } from '../../model/ids.ts';
import { fileObjectId, parseFileId } from '../../model/object-ids.ts';
import type { StoredFile } from '../../model/stored-file.ts';
import { downloadResponse } from '../download.ts';
import { doneResponse, idField, madeResponse, pageFields, pageResponse, userField } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { isText, pageFieldsOf, pageOfList, placeOf } from '../paging.ts';
import { ApiError } from '../problems.ts';
import { bodyChunks, mediaType } from '../read-body.ts';

const group = 'Storage';
const access = (verb: 'create' | 'read' | 'delete') => ({ resource: 'storage', verb }) as const;
const shown = z
  .object({
    id: z.string(),
    filename: z.string(),
    contentType: z.string(),
    size: z.number(),
    created: z.string(),
    cid: z.string().optional(),
  })
  .meta({ id: 'StoredFile' });

const uploadFile = operation({
  id: 'uploadFile',
  method: 'post',
  path: '/users/{user}/storage',
  group,
  summary: 'Upload a file',
  description: 'The body is the file; or JSON with its octets in base64',
  access: access('create'),
  params: { user: userField },
  query: {
    filename: z.string().max(255).optional().meta({ description: 'Its name; else one is made' }),
    contentType: z.string().max(201).optional().meta({ description: "Its type; else the body's" }),
    cid: z.string().max(255).optional().meta({ description: 'Content-ID for HTML' }),
  },
  body: {
    content: z.string().optional().meta({ description: 'The octets, in a body of JSON' }),
    encoding: z.enum(['base64', 'hex', 'utf8']).default('base64'),
  },
  rawBody: [
    'application/octet-stream',
    'application/pdf',
    'application/zip',
    'text/plain',
    'image/png',
    'image/jpeg',
    'image/gif',
  ],
  bodyLimit: ({ limits, store }) => Math.max(limits.messageBodyOctets, store.maxMessageSize),
  response: madeResponse,
  errors: ['PayloadTooLarge', 'UnsupportedMediaType', 'LimitExceeded', 'StorageFull'],
  async run({ store, user, input, request, signal, context }) {
    const { content, encoding, cid } = input;
    const type = input.contentType ?? (content === undefined ? mediaType(request) : '');
    const source =
      content === undefined ? bodyChunks(request, context.store.maxMessageSize) : [Buffer.from(content, encoding)];
    const contentType = type || 'application/octet-stream';
    const name = input.filename ?? `upload-${context.now()}`;
    const file = await store.files.add(user.id, { name, contentType, ...(cid !== undefined && { cid }) }, source, {
      signal,
    });
    return { id: fileObjectId(user.id, file.id) };
  },
});

const getFiles = operation({
  id: 'getFiles',
  method: 'get',
  path: '/users/{user}/storage',
  group,
  summary: 'List files',
  access: access('read'),
  params: { user: userField },
  query: { query: z.string().max(255).optional().meta({ description: 'Part of a name' }), ...pageFields },
  response: z.object({ ...pageResponse, query: z.string().optional(), results: z.array(shown) }),
  async run({ store, user, input }) {
    const wanted = input.query?.toLowerCase();
    const all = (await store.files.list(user.id)).filter(
      ({ name }) => wanted === undefined || name.toLowerCase().includes(wanted),
    );
    const page = pageOfList(all, ({ id }) => fileObjectId(user.id, id), placeOf(input, isText), input.limit);
    const results = page.entries.map((file) => show(user.id, file));
    return {
      total: all.length,
      ...pageFieldsOf(page, input),
      ...(input.query !== undefined && { query: input.query }),
      results,
    };
  },
});

const getFile = operation({
  id: 'getFile',
  method: 'get',
  path: '/users/{user}/storage/{file}',
  group,
  summary: 'Load a file',
  access: access('read'),
  params: { user: userField, file: idField('ID of the file') },
  response: { contentType: '*/*', description: 'The file' },
  errors: ['FileNotFound'],
  async run({ store, user, input }) {
    const id = parseFileId(user.id, input.file);
    const file = id === null ? null : await store.files.get(user.id, id);
    if (!file) throw notFound();
    return downloadResponse(file.read(), { contentType: file.contentType, fileName: file.name, size: file.size });
  },
});

const deleteFile = operation({
  id: 'deleteFile',
  method: 'delete',
  path: '/users/{user}/storage/{file}',
  group,
  summary: 'Delete a file',
  access: access('delete'),
  params: { user: userField, file: idField('ID of the file') },
  response: doneResponse,
  errors: ['FileNotFound'],
  async run({ store, user, input }) {
    const id = parseFileId(user.id, input.file);
    if (id === null || !(await store.files.remove(user.id, id))) throw notFound();
    return {};
  },
});

function show(account: AccountId, { id, name, contentType, size, created, cid }: StoredFile): object {
  return {
    id: fileObjectId(account, id),
    filename: name,
    contentType,
    size,
    created: new Date(created).toISOString(),
    ...(cid !== '' && { cid }),
  };
}

function notFound(): ApiError {
  return new ApiError('FileNotFound', 'this file does not exist');
}

/** The operations on files. */
export const storageOperations: readonly Operation[] = [uploadFile, getFiles, getFile, deleteFile];
