/** Two desks on one store, told the same things at once, twice, and again after each failure; and what must hold of it all. */
import { expect } from 'vitest';
import type { CellWrites, StateStore } from '../../connectors/state/port.ts';
import { messageOf } from '../../schemas/errors.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import type { DeskInput } from './input.ts';
import { racyPorts, randomOf } from './race.fixture.ts';
import { TradeDesk } from './run.ts';
import { Book } from './state.ts';
import { configOf, NOW, signal, snapshotAt } from './trade-desk.fixture.ts';

const PAIRS = ['AUSDT', 'BUSDT', 'CUSDT'] as const;
const CONFIG = configOf(
  { book: 'A', rules: { maxConcurrent: 2, dailyCap: 3, cooldownMs: 1_500 } },
  { book: 'B', rules: { maxConcurrent: 2 }, risk: { maxMargin: 0.2 }, paper: { entry: 'limit' } },
);

interface RaceResult {
  readonly entries: number;
  readonly exits: number;
  readonly refusals: number;
}

/** Each wave is told while the one before is still being worked at. */
function waves(random: () => number): DeskInput[][] {
  const mids = [100, 99.4, 100.6, 100.02, 99.98];
  const seen = (second: number): DeskInput[] =>
    PAIRS.map((symbol) => {
      const ts = NOW + second * 1000;
      const mid = second === 0 ? 100 : mids[Math.floor(random() * mids.length)]!;
      return { kind: 'snapshot', at: ts, snapshot: snapshotAt(ts, mid, { symbol }) };
    });
  const ideas = (second: number): DeskInput[] =>
    PAIRS.flatMap((pair) =>
      (['sr-exhaustion', 'champion'] as const)
        .filter(() => random() < 0.6)
        .map((strategy) => {
          const timestamp = NOW + second * 1000;
          const side = random() < 0.5 ? ('LONG' as const) : ('SHORT' as const);
          const times = { timestamp, expires_at: timestamp + 60_000 };
          return {
            kind: 'signal',
            at: timestamp + 1,
            signal: signal({ pair, symbol: pair, strategy, side, ...times }),
          };
        }),
    );
  const second = random() < 0.2 ? [{ kind: 'control', at: NOW + 2500, action: 'kill' } as const] : [];
  return [seen(0), [...ideas(0), ...seen(1)], [...seen(2), ...ideas(2), ...second], seen(3)];
}

/** One interleaving; calls fail in each third. @throws where an invariant breaks. */
async function race(seed: number, store: StateStore): Promise<RaceResult> {
  const random = randomOf(seed);
  const prefix = `race-${seed}:`;
  const onWrite = (key: string, cells: CellWrites) => {
    if (key.startsWith('desk-book')) checkBook(JSON.parse(cells.value!));
  };
  const ports = racyPorts({ random, failures: seed % 3 === 0 ? 0.05 : 0, store, prefix, onWrite });
  const desks = [0, 1].map(() => new TradeDesk({ ...ports, config: CONFIG }));
  const tell = async (desk: TradeDesk, input: DeskInput) => {
    for (;;) {
      try {
        return await desk.take(input);
      } catch (error) {
        if ((error as Error).name !== 'UpstreamError') throw error;
      }
    }
  };
  const told: Promise<void>[] = [];
  for (const wave of waves(random)) {
    const before = [...told];
    for (const input of wave) {
      const desk = Math.floor(random() * 2);
      told.push(tell(desks[desk]!, input));
      if (random() < 0.5) told.push(tell(desks[random() < 0.5 ? desk : 1 - desk]!, input));
    }
    // Half of the waves come before the last is done.
    if (random() < 0.5) await Promise.all(before);
  }
  await Promise.all(told);
  await tell(desks[0]!, { kind: 'timer', at: NOW + 5000 });
  const books = await Promise.all(
    CONFIG.books.map(async ({ book }) => {
      const row = await store.get(`${prefix}desk-book#${book}`);
      return Book.parse(JSON.parse(row!.value!));
    }),
  );
  const events = ports.published.map(({ data }) =>
    PositionEvent.parse(JSON.parse(Buffer.from(data).toString())),
  );
  for (const book of books) checkStory(book, events);
  return {
    entries: events.filter(({ kind }) => kind === 'ENTRY').length,
    exits: events.filter(({ kind }) => kind === 'EXIT').length,
    refusals: events.filter(({ refusal }) => refusal !== null).length,
  };
}

/** Holds of every version of the row that ever stood. */
function checkBook({ book, positions, equity, day }: Omit<Book, 'outbox'>): void {
  const params = CONFIG.books.find((candidate) => candidate.book === book)!;
  const notional = positions.reduce((sum, { size, entry }) => sum + size * entry, 0);
  const isKept =
    new Set(positions.map(({ pair }) => pair)).size === positions.length &&
    positions.length <= params.rules.maxConcurrent &&
    day.entries <= params.rules.dailyCap &&
    // Losses after an entry lower the cap: by less than 5 % here.
    notional <= params.risk.maxMargin * equity * 10 * 1.05;
  if (!isKept)
    expect.fail(`Expected one scalp per pair and all caps kept, got ${JSON.stringify(positions)}.`);
}

/** What was published is what happened, once, and in order. */
function checkStory(book: Book, events: readonly PositionEvent[]): void {
  const own = events.filter((event) => event.book === book.book);
  expect(new Set(own.map(({ id }) => id)).size).toBe(own.length);
  expect(book.outbox).toEqual([]);
  const open = new Map<string, string>();
  for (const { kind, refusal, pair, signalId } of own) {
    if (kind === 'DECISION' && refusal === null) {
      expect(open.get(pair), `two in ${pair}`).toBeUndefined();
      open.set(pair, signalId);
    }
    if (kind === 'ENTRY') expect(open.get(pair)).toBe(signalId);
    if (kind === 'EXIT') {
      expect(open.get(pair), 'closed once').toBe(signalId);
      open.delete(pair);
    }
  }
  expect([...open.values()].sort()).toEqual(book.positions.map(({ signalId }) => signalId).sort());
  const start = CONFIG.books.find((params) => params.book === book.book)!.risk.startEquity;
  const made = own.reduce((sum, { pnl }) => sum + (pnl ?? 0), 0);
  expect(book.equity).toBeCloseTo(start + made, 6);
}

/** Interleavings from the first seed on, each in a store of its own. @throws where an invariant breaks, naming the seed. */
export async function races(
  first: number,
  count: number,
  open: () => Promise<StateStore>,
): Promise<RaceResult> {
  const results: RaceResult[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const store = await open();
    results.push(await named(seed, store));
    await store.close();
  }
  return sumOf(results);
}

/** The same on one store that answers over a wire: races wait for answers together, each with keys of its own. */
export async function racesAtOnce(
  first: number,
  count: number,
  store: StateStore,
  atOnce: number,
): Promise<RaceResult> {
  const results: RaceResult[] = [];
  const lane = async (offset: number) => {
    for (let i = offset; i < count; i += atOnce) results.push(await named(first + i, store));
  };
  await Promise.all(Array.from({ length: atOnce }, (_, offset) => lane(offset)));
  return sumOf(results);
}

async function named(seed: number, store: StateStore): Promise<RaceResult> {
  try {
    return await race(seed, store);
  } catch (cause) {
    throw new Error(`seed ${seed}: ${messageOf(cause)}`, { cause });
  }
}

function sumOf(results: readonly RaceResult[]): RaceResult {
  const sum = (of: (result: RaceResult) => number) => results.reduce((all, result) => all + of(result), 0);
  return {
    entries: sum(({ entries }) => entries),
    exits: sum(({ exits }) => exits),
    refusals: sum(({ refusals }) => refusals),
  };
}
