/** `eider account add`: makes an account. */

import type { CommandDef } from 'citty';
import type { CreateAccountOptions } from '../store/message-store.ts';
import { command, UsageError } from './command.ts';
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
    'password-hash': {
      type: 'string',
      valueHint: 'H',
      description: 'What another server keeps of the password: $2b$..., {SSHA512}..., $6$...',
    },
    address: { type: 'string', valueHint: 'A', description: 'Address that gets mail here; may be repeated' },
    quota: { type: 'string', valueHint: '1GB', description: 'Most octets of mail' },
    copies: { type: 'enum', options: ['label', 'separate'], description: 'What COPY makes: a label, or a message' },
    json: { type: 'boolean', description: 'Print JSON' },
    ...storeArgs,
  },
  repeat: ['address'],
  async run(args, given) {
    const limits = args.quota === undefined ? {} : { limits: { octets: parseOctets(args.quota) } };
    const { credential, password } = await chooseCredential(args);
    const options: CreateAccountOptions = {
      name: args.name,
      ...credential,
      addresses: given.all('address'),
      ...limits,
      ...(args.copies ? { copies: args.copies as 'label' | 'separate' } : {}),
    };
    const account = await withStore(args, (store) => store.accounts.create(options), { create: true });
    const shown = password === null ? {} : { password };
    if (args.json) return printJson({ id: account.id, name: account.name, addresses: account.addresses, ...shown });
    console.log(
      `account ${account.name} made${account.addresses.length > 0 ? ` for ${account.addresses.join(', ')}` : ''}`,
    );
    if (password !== null) console.log(`password: ${password}`);
  },
});

/** What the account opens with; and the password when it was made here. */
async function chooseCredential(
  args: Parameters<typeof choosePassword>[0] & { readonly 'password-hash'?: string | undefined },
): Promise<{ readonly credential: Partial<CreateAccountOptions>; readonly password: string | null }> {
  const passwordHash = args['password-hash'];
  if (passwordHash === undefined) {
    const { password, isNew } = await choosePassword(args);
    return { credential: { password }, password: isNew ? password : null };
  }
  if (args.password !== undefined || args['password-stdin']) {
    throw new UsageError('--password-hash goes with no other password');
  }
  return { credential: { passwordHash }, password: null };
}
