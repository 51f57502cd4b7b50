/** What decides who goes first. */
export interface Ranked {
  /** Smaller goes first. */
  readonly rank: number;
  /** Among equals who came first, in milliseconds of any one clock. */
  readonly since: number;
}

interface Node<Item> {
  readonly item: Item;
  /** Among those who came in the same moment, in the order of their coming. */
  readonly order: number;
  gone: boolean;
}

/**
 * A priority queue (binary heap, https://en.wikipedia.org/wiki/Binary_heap) that anybody may leave at any time. Who leaves
 * is only marked, and dropped when it comes to the front or when the marked are many: so leaving costs next to nothing.
 */
export class Queue<Item extends Ranked> {
  #heap: Node<Item>[] = [];
  #size = 0;
  #order = 0;

  get size(): number {
    return this.#size;
  }

  /** Joins; gives the function that leaves, which says whether it was still there. */
  push(item: Item): () => boolean {
    const node: Node<Item> = { item, order: this.#order++, gone: false };
    this.#heap.push(node);
    this.#up(this.#heap.length - 1);
    this.#size++;
    return () => this.#leave(node);
  }

  /** Who is next. */
  peek(): Item | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (!first?.gone) return first?.item;
      this.#removeFirst();
    }
  }

  /** Who of these came last. */
  last(isMeant: (item: Item) => boolean): Item | undefined {
    let last: Node<Item> | undefined;
    for (const node of this.#heap) {
      if (!node.gone && isMeant(node.item) && (!last || node.order > last.order)) last = node;
    }
    return last?.item;
  }

  /** Those who wait, in no order. */
  *[Symbol.iterator](): Generator<Item> {
    for (const { item, gone } of this.#heap.slice()) if (!gone) yield item;
  }

  #leave(node: Node<Item>): boolean {
    if (node.gone) return false;
    node.gone = true;
    this.#size--;
    if (this.#heap.length > 32 && this.#heap.length > this.#size * 2) this.#tidy();
    return true;
  }

  #tidy(): void {
    // A sorted array is a heap.
    this.#heap = this.#heap.filter(({ gone }) => !gone).sort((a, b) => (before(a, b) ? -1 : 1));
  }

  #removeFirst(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down();
  }

  #up(from: number): void {
    const heap = this.#heap;
    for (let index = from; index > 0;) {
      const parent = (index - 1) >> 1;
      if (!before(heap[index]!, heap[parent]!)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #down(): void {
    const heap = this.#heap;
    for (let index = 0; ;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
      }
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  }
}

function before(a: Node<Ranked>, b: Node<Ranked>): boolean {
  return (a.item.rank - b.item.rank || a.item.since - b.item.since || a.order - b.order) < 0;
}
