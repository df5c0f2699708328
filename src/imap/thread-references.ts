/** THREAD=REFERENCES. RFC 5256 section 3; the numbers of steps are those of the RFC. */

import type { ThreadMessages } from './thread-messages.ts';
import type { ThreadTree } from './thread-tree.ts';
import { sortInTurns, type Turns } from './turns.ts';

/** Steps up the tree that all look-outs for loops may take; then a link is taken for a loop. */
const MAX_CLIMB = 50_000_000;
const NONE = -1;

/** Groups messages by what they refer to, then threads by their base subjects. */
export function threadByReferences(messages: ThreadMessages, turns: Turns): Promise<ThreadTree> {
  return new ReferenceThreads(messages, turns).build();
}

/** Nodes are numbers: messages first, then dummies for ids that no message has. */
class ReferenceThreads {
  readonly #messages: ThreadMessages;
  readonly #turns: Turns;
  readonly #count: number;
  readonly #nodes = new Map<string, number>();
  readonly #parents: number[] = [];
  /** How many have a node as their parent. */
  readonly #offspring: number[] = [];
  readonly #children = new Map<number, number[]>();
  #roots: number[] = [];
  #climbed = 0;

  constructor(messages: ThreadMessages, turns: Turns) {
    this.#messages = messages;
    this.#turns = turns;
    this.#count = messages.uids.length;
  }

  async build(): Promise<ThreadTree> {
    await this.#name();
    await this.#link();
    await this.#gather();
    await this.#prune();
    for (const root of this.#roots) if (this.#isDummy(root)) await this.#sort(this.#childrenOf(root));
    await this.#sort(this.#roots);
    await this.#mergeSubjects();
    await this.#sortAll();
    return { count: this.#count, roots: this.#roots, children: this.#children };
  }

  /** Of messages with one id the first has it. */
  async #name(): Promise<void> {
    for (let node = 0; node < this.#count; node++) {
      this.#addNode();
      const id = this.#messages.ids[node];
      if (id && !this.#nodes.has(id)) this.#nodes.set(id, node);
      if (this.#turns.due) await this.#turns.next();
    }
  }

  /** Step 1. */
  async #link(): Promise<void> {
    for (let node = 0; node < this.#count; node++) {
      let before = NONE;
      for (const id of this.#messages.references[node] ?? []) {
        const referred = this.#nodeOf(id);
        // 1.A: an existing link stays.
        if (before !== NONE && this.#parents[referred] === NONE) await this.#adopt(before, referred);
        before = referred;
        if (this.#turns.due) await this.#turns.next();
      }
      // 1.B: the last reference is the parent, whatever was thought before.
      const parent = this.#parents[node] as number;
      if (parent !== NONE) this.#countChild(parent, -1);
      this.#parents[node] = NONE;
      if (before !== NONE) await this.#adopt(before, node);
    }
  }

  #nodeOf(id: string): number {
    let node = this.#nodes.get(id);
    if (node === undefined) {
      node = this.#addNode();
      this.#nodes.set(id, node);
    }
    return node;
  }

  #addNode(): number {
    this.#offspring.push(0);
    return this.#parents.push(NONE) - 1;
  }

  /** Makes a link unless that closes a loop. */
  async #adopt(parent: number, child: number): Promise<void> {
    if (parent === child) return;
    // What has nobody below it cannot be above anybody.
    if ((this.#offspring[child] as number) > 0) {
      for (let above = parent; above !== NONE; above = this.#parents[above] as number) {
        if (above === child || ++this.#climbed > MAX_CLIMB) return;
        if (this.#turns.due) await this.#turns.next();
      }
    }
    this.#parents[child] = parent;
    this.#countChild(parent, 1);
  }

  #countChild(parent: number, by: 1 | -1): void {
    this.#offspring[parent] = (this.#offspring[parent] as number) + by;
  }

  /** Step 2. */
  async #gather(): Promise<void> {
    for (let node = 0; node < this.#parents.length; node++) {
      const parent = this.#parents[node] as number;
      if (parent === NONE) this.#roots.push(node);
      else this.#childrenOf(parent).push(node);
      if (this.#turns.due) await this.#turns.next();
    }
  }

  /** Step 3, from the leaves to the roots: what a dummy holds is in its final form when it is looked at. */
  async #prune(): Promise<void> {
    for (const node of (await this.#downwards()).reverse()) {
      const children = this.#children.get(node);
      if (children)
        this.#setChildren(
          node,
          children.flatMap((child) => this.#replacement(child)),
        );
      if (this.#turns.due) await this.#turns.next();
    }
    const roots: number[] = [];
    for (const root of this.#roots) {
      const children = this.#children.get(root) ?? [];
      // Several children stay together under their dummy at the top.
      if (root < this.#count || children.length > 1) roots.push(root);
      else roots.push(...children);
    }
    this.#roots = roots;
  }

  /** What stands for a node that is not at the top: itself, or of a dummy its children. */
  #replacement(node: number): readonly number[] {
    return node < this.#count ? [node] : (this.#children.get(node) ?? []);
  }

  /** Step 5. */
  async #mergeSubjects(): Promise<void> {
    const table = new Map<string, number>();
    for (const root of this.#roots) {
      const subject = this.#subjectOf(root);
      const other = table.get(subject);
      if (subject === '') continue;
      const better =
        other !== undefined &&
        !this.#isDummy(other) &&
        (this.#isDummy(root) || (this.#isReply(other) && !this.#isReply(root)));
      if (other === undefined || better) table.set(subject, root);
      if (this.#turns.due) await this.#turns.next();
    }
    const gone = new Set<number>();
    const replaced = new Map<number, number>();
    for (const root of this.#roots) {
      const subject = this.#subjectOf(root);
      const into = table.get(subject);
      if (into === undefined || into === root) continue;
      if (this.#turns.due) await this.#turns.next();
      gone.add(root);
      if (this.#isDummy(into)) {
        for (const child of this.#isDummy(root) ? this.#childrenOf(root) : [root]) this.#childrenOf(into).push(child);
      } else if (this.#isReply(root) && !this.#isReply(into)) {
        this.#childrenOf(into).push(root);
      } else {
        const dummy = this.#addNode();
        this.#children.set(dummy, [into, root]);
        table.set(subject, dummy);
        replaced.set(into, dummy);
      }
    }
    this.#roots = this.#roots.filter((root) => !gone.has(root)).map((root) => replaced.get(root) ?? root);
  }

  /** Step 6: the deepest siblings first. */
  async #sortAll(): Promise<void> {
    for (const node of (await this.#downwards()).reverse()) {
      const children = this.#children.get(node);
      if (children && children.length > 1) await this.#sort(children);
    }
    await this.#sort(this.#roots);
  }

  /** By sent date; of the same date by message number. */
  async #sort(nodes: number[]): Promise<void> {
    const order = Uint32Array.from(nodes);
    await sortInTurns(
      order,
      (a, b) => this.#dateOf(a) - this.#dateOf(b) || this.#firstOf(a) - this.#firstOf(b),
      this.#turns,
    );
    for (let i = 0; i < nodes.length; i++) nodes[i] = order[i] as number;
  }

  /** All nodes that can be reached, each behind its parent. */
  async #downwards(): Promise<number[]> {
    const order = [...this.#roots];
    for (let i = 0; i < order.length; i++) {
      for (const child of this.#children.get(order[i] as number) ?? []) order.push(child);
      if (this.#turns.due) await this.#turns.next();
    }
    return order;
  }

  #dateOf(node: number): number {
    return this.#messages.dates[this.#firstOf(node)] as number;
  }

  #subjectOf(node: number): string {
    return this.#messages.subjects[this.#firstOf(node)] as string;
  }

  /** Of a dummy its first child, which is a message. */
  #firstOf(node: number): number {
    return this.#isDummy(node) ? ((this.#children.get(node) as number[])[0] as number) : node;
  }

  #isDummy(node: number): boolean {
    return node >= this.#count;
  }

  #isReply(node: number): boolean {
    return !this.#isDummy(node) && (this.#messages.replies[node] as boolean);
  }

  #childrenOf(node: number): number[] {
    let children = this.#children.get(node);
    if (!children) {
      children = [];
      this.#children.set(node, children);
    }
    return children;
  }

  #setChildren(node: number, children: number[]): void {
    if (children.length === 0) this.#children.delete(node);
    else this.#children.set(node, children);
  }
}
