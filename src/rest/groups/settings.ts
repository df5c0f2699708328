/** Operations on settings: limits of users of whom nothing else was said. */

import { z } from 'zod';
import type { AccountLimits } from '../../model/account-limits.ts';
import type { DefaultLimits } from '../../model/default-limits.ts';
import { type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';

const group = 'Settings';

/** A setting, and the limit that it is. */
interface Setting {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly type: 'size' | 'number';
  readonly limit: keyof AccountLimits;
}

/** All that something here follows. */
const SETTINGS: readonly Setting[] = [
  {
    key: 'const:max:storage',
    name: 'Storage',
    description: 'Octets of mail of a user',
    type: 'size',
    limit: 'octets',
  },
  {
    key: 'const:max:recipients',
    name: 'Recipients a day',
    description: 'Recipients of messages that a user sends within a day',
    type: 'number',
    limit: 'recipientsPerDay',
  },
  {
    key: 'const:max:forwards',
    name: 'Forwards a day',
    description: 'Messages that are forwarded for a user within a day, each target counted',
    type: 'number',
    limit: 'forwardsPerDay',
  },
  {
    key: 'const:max:mailboxes',
    name: 'Mailboxes',
    description: 'Mailboxes of a user; never more than 10,000',
    type: 'number',
    limit: 'mailboxes',
  },
  {
    key: 'const:max:filters',
    name: 'Filters',
    description: 'Filters of a user; never more than 400',
    type: 'number',
    limit: 'filters',
  },
];

const forKey = { key: z.string().min(1).max(128).meta({ description: 'Key of the setting' }) };

const getSettings = operation({
  id: 'getSettings',
  method: 'get',
  path: '/settings',
  group,
  summary: 'List settings',
  access: { resource: 'settings', verb: 'read' },
  query: { filter: z.string().max(128).optional().meta({ description: 'Part of a key' }) },
  response: z.object({
    filter: z.union([z.literal(false), z.string()]),
    settings: z.array(
      z.object({
        key: z.string(),
        name: z.string(),
        description: z.string(),
        type: z.string(),
        value: z.number().meta({ description: '0 for no limit' }),
        default: z.number().meta({ description: 'What holds where nothing was set; 0 for no limit' }),
        custom: z.boolean().meta({ description: 'Whether it was set' }),
      }),
    ),
  }),
  async run({ store, input }) {
    const stored = await store.defaultLimits.stored();
    const wanted = SETTINGS.filter(({ key }) => key.includes(input.filter ?? ''));
    return {
      filter: input.filter ?? false,
      settings: wanted.map(({ limit, ...told }) => ({
        ...told,
        value: settingValue(store.defaultLimits, stored, limit),
        default: store.defaultLimits.given[limit] ?? 0,
        custom: Object.hasOwn(stored, limit),
      })),
    };
  },
});

const getSetting = operation({
  id: 'getSetting',
  method: 'get',
  path: '/settings/{key}',
  group,
  summary: 'Tell the value of a setting',
  access: { resource: 'settings', verb: 'read' },
  params: forKey,
  response: z.object({ key: z.string(), value: z.number().meta({ description: '0 for no limit' }) }),
  errors: ['SettingNotFound'],
  async run({ store, input: { key } }) {
    const setting = SETTINGS.find((one) => one.key === key);
    if (!setting) throw new ApiError('SettingNotFound', 'this setting does not exist');
    return { key, value: settingValue(store.defaultLimits, await store.defaultLimits.stored(), setting.limit) };
  },
});

const setSetting = operation({
  id: 'createSetting',
  method: 'post',
  path: '/settings/{key}',
  group,
  summary: 'Change a setting',
  description: 'Holds for users that have no limit of their own, in all processes within five seconds',
  access: { resource: 'settings', verb: 'update' },
  params: forKey,
  body: {
    value: z
      .union([
        z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
        z.string().regex(/^\d{1,15}$/, 'is no number'),
        z.null(),
      ])
      .meta({ description: 'A whole number; 0 for no limit, `null` for what the store was opened with' }),
  },
  response: z.object({ key: z.string() }),
  errors: ['SettingNotFound', 'Busy'],
  async run({ store, input: { key, value } }) {
    const setting = SETTINGS.find((one) => one.key === key);
    if (!setting) throw new ApiError('SettingNotFound', 'there is no such setting, or nothing would follow it');
    if (value === null) await store.defaultLimits.reset(setting.limit);
    else await store.defaultLimits.set({ [setting.limit]: Number(value) || null });
    return { key };
  },
});

function settingValue({ given }: DefaultLimits, stored: Partial<AccountLimits>, limit: keyof AccountLimits): number {
  return (Object.hasOwn(stored, limit) ? stored[limit] : given[limit]) ?? 0;
}

/** The operations on settings. */
export const settingOperations: readonly Operation[] = [getSettings, getSetting, setSetting];
