/** Addresses as simply as they can be said: a list of everything, and a walk through all of it. */

/** Something that is done to addresses. */
export type AddressStep =
  | { readonly kind: 'add' | 'remove'; readonly address: string; readonly who: string }
  | { readonly kind: 'alias'; readonly alias: string; readonly domain: string; readonly on: boolean }
  | { readonly kind: 'dots'; readonly domain: string; readonly on: boolean };

const split = (address: string): [string, string] => address.split('@') as [string, string];
const bare = (local: string): string => local.split('+')[0] as string;
const dotless = (local: string): string => bare(local).replaceAll('.', '') + local.slice(bare(local).length);

/** What a store's addresses are. */
export class AddressModel {
  readonly #held = new Map<string, string>();
  readonly #aliases = new Map<string, string>();
  readonly #dotless = new Set<string>();

  /** Does it; whether that is possible, or for what is removed, whether it was there. */
  apply(step: AddressStep): boolean {
    if (step.kind === 'add') return this.#add(step.address, step.who);
    if (step.kind === 'remove') return this.#held.get(step.address) === step.who && this.#held.delete(step.address);
    if (step.kind === 'alias') return step.on ? this.#alias(step.alias, step.domain) : this.#aliases.delete(step.alias);
    if (!step.on) this.#dotless.delete(step.domain);
    else if ([...this.#held].some(([one, who]) => this.#isOther(one, who, step.domain))) return false;
    else this.#dotless.add(step.domain);
    return true;
  }

  resolve(address: string): string | null {
    const [local, domain] = split(address);
    const own = this.#plainly(local, domain);
    if (own) return own;
    const target = this.#aliases.get(domain);
    const there = target === undefined ? null : this.#plainly(local, target);
    return there ?? this.#byPattern(local, target === undefined ? [domain] : [domain, target]);
  }

  ignoresDots(domain: string): boolean {
    return this.#dotless.has(domain);
  }

  #add(address: string, who: string): boolean {
    if (this.#held.has(address)) return false;
    const [local, domain] = split(address);
    if (this.#dotless.has(domain)) {
      const same = [...this.#held].some(
        ([one, other]) =>
          split(one)[1] === domain && dotless(split(one)[0]) === dotless(local) && (other !== who || who === 'forward'),
      );
      if (same) return false;
    }
    this.#held.set(address, who);
    return true;
  }

  #alias(alias: string, domain: string): boolean {
    const isChain = this.#aliases.has(domain) || [...this.#aliases.values()].includes(alias);
    if (alias === domain || isChain || this.#aliases.has(alias)) return false;
    this.#aliases.set(alias, domain);
    return true;
  }

  /** Whether somebody else's address in the domain would be the same without dots. */
  #isOther(address: string, who: string, domain: string): boolean {
    const [local, at] = split(address);
    if (at !== domain) return false;
    return [...this.#held].some(
      ([one, other]) =>
        one !== address &&
        split(one)[1] === domain &&
        dotless(split(one)[0]) === dotless(local) &&
        (other !== who || who === 'forward'),
    );
  }

  #plainly(local: string, domain: string): string | null {
    const exact = this.#held.get(`${local}@${domain}`) ?? this.#held.get(`${bare(local)}@${domain}`);
    if (exact !== undefined || !this.#dotless.has(domain)) return exact ?? null;
    for (const wanted of [local, bare(local)]) {
      const found = [...this.#held].find(([one]) => {
        const [text, at] = split(one);
        return at === domain && !text.includes('*') && dotless(text) === dotless(wanted);
      });
      if (found) return found[1];
    }
    return null;
  }

  #byPattern(local: string, domains: readonly string[]): string | null {
    const all = domains.flatMap((domain) => [...this.#held.keys()].filter((one) => split(one)[1] === domain));
    const order = (pattern: string): number => 2 * split(pattern)[0].length + (split(pattern)[0].endsWith('*') ? 1 : 0);
    const matching = all
      .filter((one) => split(one)[0].includes('*') && isMatch(one, `${local}@`, this))
      .sort((a, b) => order(b) - order(a));
    const any = `${bare(local)}@*`;
    return this.#held.get(matching[0] ?? any) ?? null;
  }
}

/** Whether what was found by `matched` can be the answer for an address. */
export function isMatch(matched: string, address: string, model: AddressModel): boolean {
  const [fixed, domain] = split(matched);
  const texts = [split(address)[0], bare(split(address)[0])];
  if (!fixed.includes('*')) return texts.some((text) => dotless(text) === dotless(fixed));
  const shape = model.ignoresDots(domain) ? dotless : (text: string) => text;
  const wanted = shape(fixed);
  return texts
    .map(shape)
    .some((text) => (wanted.endsWith('*') ? text.startsWith(wanted.slice(0, -1)) : text.endsWith(wanted.slice(1))));
}
