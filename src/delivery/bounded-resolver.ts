/** Asks the DNS no longer, and no more often, than it may take. */

/** Asks the DNS for records of a name, as `dns.promises.resolve` does. */
export type ResolveDns = (name: string, type: string) => Promise<unknown[]>;

/** A resolver for one message: all of its questions share the time and the number. What is over fails as if no server had answered. */
export function boundedResolver(
  resolve: ResolveDns,
  { timeoutMs, most }: { readonly timeoutMs: number; readonly most: number },
): ResolveDns {
  // From the first question on: before it, others may have taken their time.
  let end: number | null = null;
  let asked = 0;
  return async (name, type) => {
    end ??= Date.now() + timeoutMs;
    const left = end - Date.now();
    if (++asked > most || left <= 0) throw timeout(name, type);
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(timeout(name, type)), left);
    });
    try {
      return await Promise.race([resolve(name, type), over]);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** With the code of the resolver's own. */
function timeout(name: string, type: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`query${type} ETIMEOUT ${name}`), { code: 'ETIMEOUT' });
}
