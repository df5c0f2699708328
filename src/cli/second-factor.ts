/** `eider second-factor`: one-time passwords, recovery codes and security keys of an account. */

import type { CommandDef } from 'citty';
import { CommandError, command } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson } from './output.ts';
import { storeArgs } from './store-place.ts';

const name = { type: 'positional', description: 'Name, address or id of the account', required: true } as const;
const json = { type: 'boolean', description: 'Print JSON' } as const;

const totpBegin = command({
  meta: { name: 'begin', description: 'Make a seed for an authenticator app; "confirm" switches it on' },
  args: {
    name,
    issuer: { type: 'string', valueHint: 'TEXT', description: 'Who the app says it is for', default: 'eider' },
    json,
    ...storeArgs,
  },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const { secret, uri, qr } = await store.auth.beginTotp(account.id, args.issuer);
      if (args.json) return printJson({ secret, uri, qr });
      console.log(`secret: ${secret}\n${uri}`);
      console.log(`then: eider second-factor totp confirm ${account.name} CODE`);
    });
  },
});

const totpConfirm = command({
  meta: { name: 'confirm', description: 'Switch one-time passwords on, with a code of the app' },
  args: { name, code: { type: 'positional', description: 'Six digits', required: true }, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      if (!(await store.auth.confirmTotp(account.id, args.code))) throw new CommandError('that code is wrong');
      console.log(`one-time passwords of ${account.name} are on; mail programs need app passwords now`);
    });
  },
});

const totpRemove = command({
  meta: { name: 'remove', description: 'Switch one-time passwords off' },
  args: { name, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      await store.auth.removeTotp(account.id);
      console.log(`one-time passwords of ${account.name} are off`);
    });
  },
});

const recovery = command({
  meta: { name: 'recovery', description: 'Make ten recovery codes, each good once; older ones are void' },
  args: { name, json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const codes = await store.auth.createRecoveryCodes(account.id);
      if (args.json) return printJson(codes);
      for (const code of codes) console.log(code);
    });
  },
});

const status = command({
  meta: { name: 'status', description: 'Tell which second factors are on' },
  args: { name, json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const { secondFactors } = await store.auth.status(account.id);
      const recoveryCodes = await store.auth.recoveryCodes(account.id);
      if (args.json) return printJson({ secondFactors, recoveryCodes });
      console.log(`${secondFactors.join(', ') || 'none'}; ${recoveryCodes} recovery codes left`);
    });
  },
});

const totp: CommandDef = {
  meta: { name: 'totp', description: 'Codes of an authenticator app' },
  subCommands: { begin: async () => totpBegin, confirm: async () => totpConfirm, remove: async () => totpRemove },
};

/** The commands on second factors. */
export const secondFactor: CommandDef = {
  meta: { name: 'second-factor', description: 'Switch second factors on and off' },
  subCommands: {
    totp: async () => totp,
    keys: async () => (await import('./second-factor-keys.ts')).secondFactorKeys,
    recovery: async () => recovery,
    status: async () => status,
  },
};
