/** How a command of `eider` is declared: citty's table, with options checked strictly. */

import { parseArgs } from 'node:util';
import type { ArgsDef, CommandDef, CommandMeta, ParsedArgs } from 'citty';

/** The command line is not one that eider understands; ends with code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The work failed in a way that was told already, or that one line tells; ends with code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** A command. */
export interface CommandSpec<T extends ArgsDef> {
  readonly meta: CommandMeta;
  readonly args: T;
  /** Options that may be given several times. */
  readonly repeat?: readonly string[];
  /** Whether words may follow the declared ones. */
  readonly rest?: boolean;
  run(args: ParsedArgs<T>, given: GivenArguments): Promise<void>;
}

/** What citty's table cannot express. */
export interface GivenArguments {
  /** All values of a repeatable option, in order. */
  all(name: string): readonly string[];
  /** Words after the declared ones. */
  readonly rest: readonly string[];
}

/** Makes citty's command of it. */
export function command<const T extends ArgsDef>(spec: CommandSpec<T>): CommandDef {
  const made: CommandDef<T> = {
    meta: spec.meta,
    args: spec.args,
    run: (context) => spec.run(context.args, checkArguments(spec, context.rawArgs)),
  };
  return made as unknown as CommandDef;
}

/** citty takes any option and ignores what it does not know; a misspelt `--dry-run` must not delete anything. */
function checkArguments<T extends ArgsDef>(spec: CommandSpec<T>, rawArgs: readonly string[]): GivenArguments {
  const options: Record<string, { type: 'string' | 'boolean'; multiple: true; short?: string }> = {};
  let words = 0;
  for (const [name, arg] of Object.entries(spec.args)) {
    if (arg.type === 'positional') words++;
    else options[name] = { type: arg.type === 'boolean' ? 'boolean' : 'string', multiple: true };
  }
  const { values, positionals } = parseStrictly([...rawArgs], options);
  const given = values as Record<string, readonly string[]>;
  for (const [name, list] of Object.entries(given)) {
    if (list.length > 1 && !spec.repeat?.includes(name)) throw new UsageError(`--${name} is given more than once`);
  }
  if (positionals.length > words && !spec.rest) throw new UsageError(`one word too many: ${positionals[words]}`);
  return { all: (name) => given[name] ?? [], rest: positionals.slice(words) };
}

function parseStrictly(
  args: string[],
  options: Record<string, { type: 'string' | 'boolean'; multiple: true }>,
): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: true, allowNegative: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      throw new UsageError(error.message.split('. ')[0] as string, { cause: error });
    }
    throw error;
  }
}
