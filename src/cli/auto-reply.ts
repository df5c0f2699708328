/** `eider auto-reply`: what an account answers to who writes to it. */

import { readFile } from 'node:fs/promises';
import type { CommandDef } from 'citty';
import type { AutoReply } from '../model/auto-reply.ts';
import { parseDate, showTime } from './auth-values.ts';
import { CommandError, command, UsageError } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson } from './output.ts';
import { storeArgs } from './store-place.ts';

const name = { type: 'positional', description: 'Name, address or id of the account', required: true } as const;

const show = command({
  meta: { name: 'show', description: 'Print the automatic reply of an account' },
  args: { name, json: { type: 'boolean', description: 'Print JSON' }, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const reply = await store.autoReplies.get(account.id);
      if (args.json) return printJson(reply);
      console.log(reply ? describe(reply) : `${account.name} has no automatic reply`);
    });
  },
});

const set = command({
  meta: { name: 'set', description: 'Set an automatic reply and switch it on; what is not given stays as it is' },
  args: {
    name,
    text: { type: 'string', valueHint: 'TEXT', description: 'What is answered' },
    'text-file': { type: 'string', valueHint: 'FILE', description: 'The same, of a file in UTF-8' },
    'html-file': { type: 'string', valueHint: 'FILE', description: 'HTML beside the text' },
    subject: { type: 'string', valueHint: 'TEXT', description: 'Its subject; empty for that of the message' },
    from: { type: 'string', valueHint: 'NAME', description: 'Name of the sender' },
    start: { type: 'string', valueHint: 'DATE', description: 'From when on, such as 2030-12-24; "never" takes it off' },
    end: { type: 'string', valueHint: 'DATE', description: 'Until when, such as 2031-01-02; "never" takes it off' },
    days: { type: 'string', valueHint: 'N', description: 'Within how many days a sender gets it once' },
    ...storeArgs,
  },
  async run(args) {
    if (args.text !== undefined && args['text-file'] !== undefined) {
      throw new UsageError('--text and --text-file are both given');
    }
    const change: Partial<AutoReply> = {
      enabled: true,
      ...(args.text !== undefined && { text: args.text }),
      ...(args['text-file'] !== undefined && { text: await readText(args['text-file']) }),
      ...(args['html-file'] !== undefined && { html: await readText(args['html-file']) }),
      ...(args.subject !== undefined && { subject: args.subject }),
      ...(args.from !== undefined && { name: args.from }),
      ...(args.start !== undefined && { start: timeOf('--start', args.start) }),
      ...(args.end !== undefined && { end: timeOf('--end', args.end) }),
      ...(args.days !== undefined && { intervalDays: daysOf(args.days) }),
    };
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      console.log(describe(await store.autoReplies.set(account.id, change)));
    });
  },
});

const off = command({
  meta: { name: 'off', description: 'Switch an automatic reply off; its words are kept' },
  args: { name, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      if (await store.autoReplies.get(account.id)) await store.autoReplies.set(account.id, { enabled: false });
      console.log(`${account.name} answers nothing automatically`);
    });
  },
});

/** The commands on automatic replies. */
export const autoReply: CommandDef = {
  meta: { name: 'auto-reply', description: 'Set, show and switch off what an account answers to who writes to it' },
  subCommands: { show: async () => show, set: async () => set, off: async () => off },
};

function describe(reply: AutoReply): string {
  const { enabled, start, end, intervalDays } = reply;
  const times = [start === null ? '' : ` from ${showTime(start)}`, end === null ? '' : ` until ${showTime(end)}`];
  return [
    `${enabled ? 'on' : 'off'}${times.join('')}, once in ${intervalDays} days`,
    ...(reply.name === '' ? [] : [`from: ${reply.name}`]),
    `subject: ${reply.subject === '' ? 'Auto: and that of the message' : reply.subject}`,
    ...(reply.html === '' ? [] : [`HTML: ${Buffer.byteLength(reply.html)} octets`]),
    ...(reply.text === '' ? [] : ['', reply.text.trimEnd()]),
  ].join('\n');
}

function timeOf(option: string, text: string): number | null {
  return text === 'never' ? null : parseDate(option, text).getTime();
}

function daysOf(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new UsageError('--days takes a number of days');
  return Number(text);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read`, { cause: error });
  }
}
