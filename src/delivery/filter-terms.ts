/** Looks for many texts in a text at once, in a time that grows with both and with nothing else. */

const ROOT = 0;
const UNITS = 0x10000;

/**
 * An Aho-Corasick automaton: a trie of all terms, and from each node a link to the node of its longest proper end that
 * begins a term too. So whatever the terms and the text are, a code unit of the text costs two steps on average: terms
 * come from people, and texts from strangers.
 */
export class TermFinder {
  readonly #terms: readonly string[];
  readonly #children: ChildTable;
  /** By node: where to go on when no child fits. */
  readonly #fallback: Int32Array;
  /** By node: the term that ends there, or -1. */
  readonly #ending: Int32Array;
  /** By node: the next node on the way of fallbacks where a term ends, or {@link ROOT}. */
  readonly #nextEnding: Int32Array;
  readonly #beginnings = new Uint8Array(UNITS);
  #steps = 0;

  /** @param terms not empty, no repetition */
  constructor(terms: readonly string[]) {
    this.#terms = terms;
    const nodes = terms.reduce((sum, term) => sum + term.length, 1);
    this.#children = new ChildTable(nodes);
    this.#fallback = new Int32Array(nodes);
    this.#ending = new Int32Array(nodes).fill(-1);
    this.#nextEnding = new Int32Array(nodes);
    this.#link(this.#plant(nodes));
  }

  /** Steps of all searches up to now. */
  get steps(): number {
    return this.#steps;
  }

  /** The terms that stand in any of the texts. */
  find(texts: readonly string[]): Set<string> {
    const found = new Set<string>();
    const seen = new Uint8Array(this.#ending.length);
    for (const text of texts) {
      if (found.size === this.#terms.length) break;
      this.#search(text, seen, found);
    }
    return found;
  }

  #search(text: string, seen: Uint8Array, found: Set<string>): void {
    let node = ROOT;
    let steps = 0;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      steps++;
      if (node === ROOT && this.#beginnings[unit] === 0) continue;
      let next = this.#children.get(node, unit);
      while (next < 0 && node !== ROOT) {
        node = this.#fallback[node] as number;
        next = this.#children.get(node, unit);
        steps++;
      }
      if (next < 0) continue;
      node = next;
      // Behind a node that was seen, all were: each is told once.
      for (let end = this.#firstEnding(node); end !== ROOT && seen[end] === 0; end = this.#nextEnding[end] as number) {
        seen[end] = 1;
        found.add(this.#terms[this.#ending[end] as number] as string);
        steps++;
      }
    }
    this.#steps += steps;
  }

  #firstEnding(node: number): number {
    return this.#ending[node] === -1 ? (this.#nextEnding[node] as number) : node;
  }

  /** Makes the nodes; gives by node the one before it and the code unit that leads there. */
  #plant(size: number): Plant {
    const parents = new Int32Array(size);
    const units = new Uint16Array(size);
    const depths = new Int32Array(size);
    let count = 1;
    for (const [index, term] of this.#terms.entries()) {
      let node = ROOT;
      for (let at = 0; at < term.length; at++) {
        const unit = term.charCodeAt(at);
        if (node === ROOT) this.#beginnings[unit] = 1;
        let next = this.#children.get(node, unit);
        if (next < 0) {
          next = count++;
          this.#children.set(node, unit, next);
          parents[next] = node;
          units[next] = unit;
          depths[next] = at + 1;
        }
        node = next;
      }
      this.#ending[node] = index;
    }
    return { count, parents, units, depths };
  }

  /** Links the nodes, those near the root first. */
  #link({ count, parents, units, depths }: Plant): void {
    const nodes = byDepth(depths, count);
    for (let index = 0; index < nodes.length; index++) {
      const node = nodes[index] as number;
      const parent = parents[node] as number;
      let end = ROOT;
      if (parent !== ROOT) {
        let from = this.#fallback[parent] as number;
        let next = this.#children.get(from, units[node] as number);
        while (next < 0 && from !== ROOT) {
          from = this.#fallback[from] as number;
          next = this.#children.get(from, units[node] as number);
        }
        end = Math.max(next, ROOT);
      }
      this.#fallback[node] = end;
      this.#nextEnding[node] = this.#firstEnding(end);
    }
  }
}

/** By node: the one before it, the code unit that leads from there, and how many there are up to it. */
interface Plant {
  readonly count: number;
  readonly parents: Int32Array;
  readonly units: Uint16Array;
  readonly depths: Int32Array;
}

/** The nodes that are there but for the root, ascending by depth. */
function byDepth(depths: Int32Array, count: number): Int32Array {
  const starts = new Int32Array(count + 2);
  for (let node = 1; node < count; node++) (starts[(depths[node] as number) + 1] as number)++;
  for (let depth = 1; depth < starts.length; depth++) (starts[depth] as number) += starts[depth - 1] as number;
  const nodes = new Int32Array(count - 1);
  for (let node = 1; node < count; node++) nodes[(starts[depths[node] as number] as number)++] = node;
  return nodes;
}

/** The child of a node by code unit: open addressing, at most half full. */
class ChildTable {
  readonly #mask: number;
  readonly #nodes: Int32Array;
  readonly #units: Uint16Array;
  readonly #children: Int32Array;

  constructor(nodes: number) {
    const capacity = 2 ** Math.ceil(Math.log2(nodes * 2 + 2));
    this.#mask = capacity - 1;
    this.#nodes = new Int32Array(capacity).fill(-1);
    this.#units = new Uint16Array(capacity);
    this.#children = new Int32Array(capacity);
  }

  /** -1 for none. */
  get(node: number, unit: number): number {
    const slot = this.#slot(node, unit);
    return this.#nodes[slot] === -1 ? -1 : (this.#children[slot] as number);
  }

  set(node: number, unit: number, child: number): void {
    const slot = this.#slot(node, unit);
    this.#nodes[slot] = node;
    this.#units[slot] = unit;
    this.#children[slot] = child;
  }

  #slot(node: number, unit: number): number {
    let slot = (Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)) >>> 7;
    for (slot &= this.#mask; ; slot = (slot + 1) & this.#mask) {
      if (this.#nodes[slot] === -1 || (this.#nodes[slot] === node && this.#units[slot] === unit)) return slot;
    }
  }
}
