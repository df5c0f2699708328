/** Operations on certificates for TLS. */

import { z } from 'zod';
import type { TlsCertificate } from '../../model/tls-certificate.ts';
import { doneResponse, idField, pageFields, pageResponse } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { isText, pageFieldsOf, pageOfSorted, placeOf } from '../paging.ts';
import { ApiError } from '../problems.ts';

const group = 'Certificates';
const forOne = { cert: idField('ID of the certificate') };
const errors = ['CertNotFound'];
const shown = {
  id: z.string(),
  servername: z.string(),
  description: z.string(),
  fingerprint: z.string().meta({ description: 'SHA-256, in hex' }),
  expires: z.string(),
  altNames: z.array(z.string()),
  acme: z.boolean(),
  created: z.string(),
};

const getCerts = operation({
  id: 'getTLSCertificates',
  method: 'get',
  path: '/certs',
  group,
  summary: 'List certificates',
  access: { resource: 'certs', verb: 'read' },
  query: {
    query: z.string().max(255).optional().meta({ description: 'Part of a name' }),
    altNames: z
      .stringbool()
      .or(z.boolean())
      .optional()
      .meta({ description: 'Whether to look into names beside the first' }),
    ...pageFields,
  },
  response: z.object({ ...pageResponse, query: z.string().optional(), results: z.array(z.object(shown)) }),
  async run({ store, input }) {
    const query = input.query?.toLowerCase();
    const all = (await store.certificates.list())
      .filter(
        ({ serverName, altNames }) =>
          query === undefined ||
          serverName.includes(query) ||
          (input.altNames === true && altNames.some((name) => name.toLowerCase().includes(query))),
      )
      .map((one) => ({ key: one.serverName, one }));
    const page = pageOfSorted(all, 'asc', placeOf(input, isText), input.limit);
    return {
      total: all.length,
      ...pageFieldsOf(page, input),
      ...(input.query !== undefined && { query: input.query }),
      results: page.entries.map(({ one }) => show(one)),
    };
  },
});

const updateCert = operation({
  id: 'updateTLSCertificate',
  method: 'post',
  path: '/certs',
  group,
  summary: 'Set the certificate of a name',
  description: 'In place of the one that it had; servers use it within seconds',
  access: { resource: 'certs', verb: 'create' },
  body: {
    servername: z.string().min(1).max(255).meta({ description: 'Such as mail.example.org, or *.example.org' }),
    privateKey: z.string().max(16_384).optional().meta({ description: 'PEM' }),
    cert: z.string().max(30_000).optional().meta({ description: 'PEM: the certificate, and its chain' }),
    ca: z
      .array(z.string().max(30_000))
      .max(10)
      .optional()
      .meta({ description: 'The chain, where it is not in `cert`' }),
    description: z.string().max(255).optional(),
    acme: z.boolean().default(false).meta({ description: 'Certificates are not fetched: `true` is refused' }),
  },
  response: z.object(shown),
  errors: ['LimitExceeded', 'Unsupported'],
  async run({ store, input }) {
    if (input.acme) throw new ApiError('InputValidationError', '"acme": certificates are not fetched by themselves');
    const { privateKey, cert } = input;
    if (!privateKey || !cert) throw new ApiError('InputValidationError', '"privateKey" and "cert" are needed');
    const certificate = await store.certificates.set({
      serverName: input.servername,
      privateKey,
      certificate: [cert, ...(input.ca ?? [])].join('\n'),
      ...(input.description !== undefined && { description: input.description }),
    });
    return show(certificate);
  },
});

const resolveCert = operation({
  id: 'resolveTLSCertificate',
  method: 'get',
  path: '/certs/resolve/{servername}',
  group,
  summary: 'Find the certificate that a name is served with',
  access: { resource: 'certs', verb: 'read' },
  params: { servername: z.string().min(1).max(255) },
  response: z.object({ id: z.string() }),
  errors,
  async run({ store, input }) {
    return { id: requireFound(await store.certificates.resolve(input.servername)).id };
  },
});

const getCert = operation({
  id: 'getTLSCertificate',
  method: 'get',
  path: '/certs/{cert}',
  group,
  summary: 'Tell of a certificate',
  access: { resource: 'certs', verb: 'read' },
  params: forOne,
  response: z.object(shown),
  errors,
  async run({ store, input }) {
    return show(requireFound(await store.certificates.get(input.cert)));
  },
});

const deleteCert = operation({
  id: 'deleteTLSCertificate',
  method: 'delete',
  path: '/certs/{cert}',
  group,
  summary: 'Forget a certificate and its key',
  access: { resource: 'certs', verb: 'delete' },
  params: forOne,
  response: doneResponse,
  errors,
  async run({ store, input }) {
    if (!(await store.certificates.remove(input.cert))) requireFound(null);
    return {};
  },
});

function requireFound(certificate: TlsCertificate | null): TlsCertificate {
  if (!certificate) throw new ApiError('CertNotFound', 'this certificate does not exist');
  return certificate;
}

function show({ serverName, expires, created, ...one }: TlsCertificate) {
  const times = { expires: new Date(expires).toISOString(), created: new Date(created).toISOString() };
  return { ...one, servername: serverName, ...times, acme: false };
}

/** The operations on certificates. */
export const certificateOperations: readonly Operation[] = [getCerts, updateCert, resolveCert, getCert, deleteCert];
