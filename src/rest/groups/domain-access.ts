/** Operations on domains that are allowed or blocked for users with a tag. */

import { z } from 'zod';
import type { DomainAction } from '../../model/domain-access.ts';
import { doneResponse, idField, madeResponse } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';

const group = 'Domain access';
const forTag = {
  tag: z.string().trim().min(1).max(128).meta({ description: 'Tag of users, whatever its case' }),
};
const NAMES = {
  allow: { list: 'getAllowedDomains', add: 'createAllowedDomain', word: 'allowed', effect: 'is no junk' },
  block: { list: 'getBlockedDomains', add: 'createBlockedDomain', word: 'blocked', effect: 'is refused' },
} as const;

function listDomains(action: DomainAction): Operation {
  const { list, word } = NAMES[action];
  return operation({
    id: list,
    method: 'get',
    path: `/domainaccess/{tag}/${action}`,
    group,
    summary: `List the domains that are ${word} for a tag`,
    access: { resource: 'domainaccess', verb: 'read' },
    params: forTag,
    response: z.object({
      results: z.array(z.object({ id: z.string(), domain: z.string(), action: z.enum(['allow', 'block']) })),
    }),
    async run({ store, input }) {
      const rules = await store.domainAccess.list(input.tag, action);
      return { results: rules.map(({ id, domain }) => ({ id, domain, action })) };
    },
  });
}

function addDomain(action: DomainAction): Operation {
  const { add, effect } = NAMES[action];
  return operation({
    id: add,
    method: 'post',
    path: `/domainaccess/{tag}/${action}`,
    group,
    summary: `Have a domain ${NAMES[action].word} for a tag`,
    description: `Mail from it ${effect} for users who have the tag; it leaves the other list of the tag`,
    access: { resource: 'domainaccess', verb: 'create' },
    params: forTag,
    body: { domain: z.string().trim().min(1).max(255).meta({ description: 'The domain, without what lies below it' }) },
    response: madeResponse,
    errors: ['LimitExceeded', 'Busy'],
    async run({ store, input }) {
      const { id } = await store.domainAccess.set(input.tag, input.domain, action);
      return { id };
    },
  });
}

const removeDomain = operation({
  id: 'deleteDomainAccess',
  method: 'delete',
  path: '/domainaccess/{domain}',
  group,
  summary: 'Take a domain off its list',
  access: { resource: 'domainaccess', verb: 'delete' },
  params: { domain: idField('ID of the domain on the list') },
  response: doneResponse,
  errors: ['DomainNotFound'],
  async run({ store, input }) {
    if (!(await store.domainAccess.remove(input.domain))) {
      throw new ApiError('DomainNotFound', 'this domain is on no list');
    }
    return {};
  },
});

/** The operations on domains that are allowed or blocked. */
export const domainAccessOperations: readonly Operation[] = [
  listDomains('allow'),
  addDomain('allow'),
  listDomains('block'),
  addDomain('block'),
  removeDomain,
];
