import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BookCheck, BookEvent, Level } from './market-event.ts';
import { type BookModel, mergeBook, modelChecksum, modelDepth, stepBook } from './order-book.model.ts';
import { OrderBook } from './order-book.ts';

const counter = (update: number): BookCheck => ({ kind: 'counter', update });
const link = (previous: number, update: number): BookCheck => ({ kind: 'link', previous, update });

function event(known: Partial<BookEvent>): BookEvent {
  return {
    kind: 'book',
    symbol: 'X',
    ts: 0,
    isSnapshot: false,
    bids: [],
    asks: [],
    check: counter(1),
    ...known,
  };
}

const SNAPSHOT = event({
  isSnapshot: true,
  check: counter(10),
  bids: [
    [99.95, 1],
    [99.9, 2],
    [99.6, 4],
  ],
  asks: [
    [100.05, 3],
    [100.25, 5],
    [101, 7],
  ],
});

function synced(snapshot = SNAPSHOT): OrderBook {
  const book = new OrderBook();
  book.apply(snapshot);
  return book;
}

describe('OrderBook', () => {
  it('sums sizes within each distance of mid', () => {
    const book = synced();
    // Mid 100: 99.95 and 100.05 are 5 bps away, 99.9 is 10, 100.25 is 25, 99.6 is 40, 101 is 100.
    expect(book.depth(book.top()!, [5, 10, 25, 50])).toEqual({ bids: [1, 3, 3, 7], asks: [3, 3, 8, 8] });
  });

  it('replaces sizes, removes levels of size 0, takes new ones', () => {
    const book = synced();
    const fault = book.apply(
      event({
        check: counter(11),
        bids: [
          [99.95, 0],
          [99.9, 9],
        ],
        asks: [[100, 1]],
      }),
    );
    expect(fault).toBeNull();
    expect(book.top()).toEqual({ bestBid: 99.9, bestAsk: 100 });
  });

  it('falls out of sync where an update is missing, until the next snapshot', () => {
    const book = synced();
    expect(book.apply(event({ check: counter(12) }))).toBe('gap');
    expect(book.top()).toBeNull();
    expect(book.fault).toBe('gap');
    expect(book.apply(event({ check: counter(13) }))).toBe('empty');
    expect(book.fault).toBe('gap');
    expect(book.apply({ ...SNAPSHOT, check: counter(1) })).toBeNull();
    expect(book.isInSync).toBe(true);
    expect(book.fault).toBeNull();
  });

  it('does not trust a crossed book', () => {
    const book = synced();
    expect(book.apply(event({ check: counter(11), bids: [[100.05, 1]] }))).toBe('crossed');
    expect(book.isInSync).toBe(false);
  });

  it('takes a snapshot in mid-stream as a new beginning', () => {
    const book = synced();
    expect(book.apply({ ...SNAPSHOT, check: counter(500), bids: [[50, 1]] })).toBeNull();
    expect(book.top()?.bestBid).toBe(50);
  });

  it('has no top while a side is empty, and says why it is out of sync before the first snapshot', () => {
    const book = new OrderBook();
    expect(book.fault).toBe('empty');
    book.apply(event({ isSnapshot: true, bids: [[1, 1]] }));
    expect(book.top()).toBeNull();
    expect(book.isInSync).toBe(true);
  });

  it('drops levels beyond the depth, since the venue says nothing of them any more', () => {
    const book = synced({ ...SNAPSHOT, depth: 3 });
    book.apply(event({ check: counter(11), asks: [[100.1, 1]], depth: 3 }));
    book.apply(event({ check: counter(12), asks: [[100.1, 0]], depth: 3 }));
    expect(book.depth({ bestBid: 99.95, bestAsk: 100.05 }, [500]).asks).toEqual([8]);
  });

  it('keeps a bounded number of levels of a venue that names no depth', () => {
    const book = synced();
    for (let i = 1; i <= 20; i++) {
      const asks = Array.from({ length: 1_000 }, (_, at): Level => [1_000 * i + at, 1]);
      book.apply(event({ check: counter(10 + i), asks }));
    }
    expect(book.depth(book.top()!, [1e9]).asks).toEqual([3 + 5 + 7 + 9_997]);
  });
});

describe('linked deltas', () => {
  const fetched = { ...SNAPSHOT, check: link(0, 100) };

  it('from before a fetched snapshot are passed over, and the first may reach across it', () => {
    const book = synced(fetched);
    expect(book.apply(event({ check: link(80, 90), asks: [[100, 1]] }))).toBeNull();
    expect(book.top()?.bestAsk).toBe(100.05);
    expect(book.apply(event({ check: link(90, 105), asks: [[100.02, 1]] }))).toBeNull();
    expect(book.top()?.bestAsk).toBe(100.02);
    expect(book.apply(event({ check: link(105, 106) }))).toBeNull();
  });

  it('must name the one before them', () => {
    expect(synced(fetched).apply(event({ check: link(101, 105) }))).toBe('gap');
    const book = synced(fetched);
    book.apply(event({ check: link(100, 101) }));
    expect(book.apply(event({ check: link(100, 102) }))).toBe('gap');
  });
});

describe('OrderBook and the model', () => {
  /** One step of a random chain; `fault` spoils it. */
  const step = fc.record({
    isSnapshot: fc.nat(9).map((number) => number === 0),
    bids: sideOf(80, 100.5),
    asks: sideOf(100, 120),
    fault: fc.nat(60).map((number) => ['skip', 'repeat', 'digits', 'kind'][number] ?? null),
  });

  it.each([
    ['counter', ['crossed', 'empty', 'gap']],
    ['link', ['crossed', 'empty', 'gap']],
    ['checksum', ['checksum', 'crossed', 'empty', 'gap']],
  ] as const)('agree after each step of any chain: %s', (kind, faults) => {
    const seen = new Map<string | null, number>();
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 10, maxLength: 40 }),
        fc.constantFrom(undefined, 3, 10),
        (steps, depth) => {
          const book = new OrderBook();
          const chain = new Chain(kind);
          let model: BookModel | null = null;
          for (const [i, { isSnapshot, bids, asks, fault }] of steps.entries()) {
            const plain = event({
              isSnapshot: i === 0 || isSnapshot,
              bids,
              asks,
              ...(depth && { depth }),
            });
            const next = chain.stamped(plain, model, fault);
            const expected = stepBook(model, next);
            expect(book.apply(next)).toBe(expected.fault);
            seen.set(expected.fault, (seen.get(expected.fault) ?? 0) + 1);
            model = expected.book;
            agree(book, model);
          }
        },
      ),
      { seed: 1, numRuns: 400 },
    );
    expect([...seen.keys()].filter((fault) => fault !== null).sort()).toEqual(faults);
    expect(seen.get(null)).toBeGreaterThan(2_000);
  });
});

/** Levels on a lattice of halves, so that they meet, and cross now and then. */
function sideOf(from: number, to: number): fc.Arbitrary<Level[]> {
  const level = fc
    .tuple(fc.integer({ min: from * 2, max: to * 2 }), fc.integer({ min: 0, max: 6 }))
    .map(([price, size]): Level => [price / 2, Math.max(0, size - 2), `${price * 5}${size}`]);
  return fc.array(level, { maxLength: 12 });
}

/** Gives events the check that a venue of the kind would, or a wrong one. */
class Chain {
  readonly #kind: BookCheck['kind'];
  #update = 100;

  constructor(kind: BookCheck['kind']) {
    this.#kind = kind;
  }

  stamped(plain: BookEvent, model: BookModel | null, fault: string | null): BookEvent {
    const previous = this.#update;
    this.#update += fault === 'skip' ? 2 : fault === 'repeat' ? 0 : 1;
    if (this.#kind === 'link' || fault === 'kind')
      return { ...plain, check: link(fault === 'skip' ? previous + 1 : previous, this.#update) };
    if (this.#kind === 'counter') return { ...plain, check: counter(this.#update) };
    return { ...plain, check: { kind: 'checksum', crc32: this.#crc32(plain, model, fault) } };
  }

  #crc32(plain: BookEvent, model: BookModel | null, fault: string | null): number {
    const crc32 = modelChecksum(mergeBook(model, plain));
    return fault === 'digits' ? (crc32 ^ 1) >>> 0 : crc32;
  }
}

function agree(book: OrderBook, model: BookModel | null): void {
  expect(book.isInSync).toBe(model !== null);
  if (!model || model.bids.length === 0 || model.asks.length === 0) {
    expect(book.top()).toBeNull();
    return;
  }
  const top = book.top()!;
  expect(top.bestBid).toBe(Math.max(...model.bids.map(([price]) => price)));
  expect(top.bestAsk).toBe(Math.min(...model.asks.map(([price]) => price)));
  const bands = [100, 300, 1_500];
  const expected = bands.map((bps) => modelDepth(model, bps));
  // Sizes are small whole numbers: sums are exact in any order.
  expect(book.depth(top, bands)).toEqual({
    bids: expected.map(({ bids }) => bids),
    asks: expected.map(({ asks }) => asks),
  });
}
