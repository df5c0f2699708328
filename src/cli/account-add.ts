/** `eider account add`: makes an account. */

import type { CommandDef } from 'citty';
import type { CreateAccountOptions } from '../store/message-store.ts';
import { command } from './command.ts';
import { parseOctets } from './octets.ts';
import { withStore } from './open-place.ts';
import { printJson } from './output.ts';
import { choosePassword, passwordArgs } from './password-options.ts';
import { storeArgs } from './store-place.ts';

/** Prints the password when it was made here: it is told this once. */
export const accountAdd: CommandDef = command({
  meta: { name: 'add', description: 'Make an account; a random password is made and printed when none is given' },
  args: {
    name: { type: 'positional', description: 'Login name', required: true },
    ...passwordArgs,
    address: { type: 'string', valueHint: 'A', description: 'Address that gets mail here; may be repeated' },
    quota: { type: 'string', valueHint: '1GB', description: 'Most octets of mail' },
    copies: { type: 'enum', options: ['label', 'separate'], description: 'What COPY makes: a label, or a message' },
    json: { type: 'boolean', description: 'Print JSON' },
    ...storeArgs,
  },
  repeat: ['address'],
  async run(args, given) {
    const limits = args.quota === undefined ? {} : { limits: { octets: parseOctets(args.quota) } };
    const { password, isNew } = await choosePassword(args);
    const options: CreateAccountOptions = {
      name: args.name,
      password,
      addresses: given.all('address'),
      ...limits,
      ...(args.copies ? { copies: args.copies as 'label' | 'separate' } : {}),
    };
    const account = await withStore(args, (store) => store.accounts.create(options), { create: true });
    const shown = isNew ? { password } : {};
    if (args.json) return printJson({ id: account.id, name: account.name, addresses: account.addresses, ...shown });
    console.log(
      `account ${account.name} made${account.addresses.length > 0 ? ` for ${account.addresses.join(', ')}` : ''}`,
    );
    if (isNew) console.log(`password: ${password}`);
  },
});
