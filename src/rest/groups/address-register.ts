/** Operations on the addresses that a user writes to. */

import { z } from 'zod';
import { doneResponse, idField, limitField, userField } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';

const group = 'Addresses';

const getRegister = operation({
  id: 'getUserAddressregister',
  method: 'get',
  path: '/users/{user}/addressregister',
  group,
  summary: 'Find addresses that a user has written to',
  description: 'Those used last come first',
  access: { resource: 'addresses', verb: 'read' },
  params: { user: userField },
  query: {
    query: z
      .string()
      .trim()
      .min(1)
      .max(255)
      .meta({ description: 'How an address, a label of its domain, a name or a word of it begins' }),
    limit: limitField,
  },
  response: z.object({
    results: z.array(z.object({ id: z.string(), name: z.string(), address: z.string(), disabled: z.boolean() })),
  }),
  async run({ store, user, input }) {
    const found = await store.addressRegister.find(user.id, input.query, { limit: input.limit });
    return { results: found.map(({ id, name, address, disabled }) => ({ id, name, address, disabled })) };
  },
});

const updateRegister = operation({
  id: 'updateUserAddressregister',
  method: 'put',
  path: '/users/{user}/addressregister/{id}',
  group,
  summary: 'Say whether an address is offered',
  access: { resource: 'addresses', verb: 'update' },
  params: { user: userField, id: idField('ID of the address in the register') },
  body: { disabled: z.boolean().meta({ description: 'Whether it is offered no more' }) },
  response: doneResponse,
  errors: ['AddressNotFound'],
  async run({ store, user, input }) {
    if (!(await store.addressRegister.setDisabled(user.id, input.id, input.disabled))) {
      throw new ApiError('AddressNotFound', 'this address is not in the register');
    }
    return {};
  },
});

/** The operations on registers of addresses. */
export const addressRegisterOperations: readonly Operation[] = [getRegister, updateRegister];
