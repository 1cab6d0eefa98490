import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Fill } from '../../connectors/broker/port.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { toldOf } from './account.model.ts';
import { clientIdOf } from './commands.ts';
import type { DeskInput } from './input.ts';
import { product, total } from './money.ts';
import { NOW, signal, TestDesk } from './trade-desk.fixture.ts';

const INSTRUMENT = { symbol: 'BTCUSDT', tick: 0.01, lot: 0.1, minSize: 0.1, minNotional: 5 };
/** Ten seconds before a funding, so that every position meets it. */
const START = NOW + 6 * 3_600_000 - 10_000;
const FUNDING = START + 10_000;

interface Facts {
  readonly side: 'LONG' | 'SHORT';
  readonly list: readonly Fill[];
  readonly isWhole: boolean;
}

const part = fc.record({
  lots: fc.integer({ min: 1, max: 200 }),
  price: fc.integer({ min: 9_000, max: 11_000 }).map((cents) => cents / 100),
  fee: fc.integer({ min: -200, max: 600 }).map((cents) => cents / 100),
  isMaker: fc.boolean(),
});
const cause = fc.constantFrom('TP', 'SL', 'LIQUIDATED', 'CLOSE');
const story = fc.record({
  side: fc.constantFrom('LONG' as const, 'SHORT' as const),
  entries: fc.array(part, { minLength: 1, maxLength: 4 }),
  exits: fc.array(fc.record({ part, cause }), { minLength: 1, maxLength: 4 }),
  funding: fc.integer({ min: -300, max: 300 }).map((cents) => cents / 100),
});

type Story = typeof story extends fc.Arbitrary<infer S> ? S : never;

function idea(side: 'LONG' | 'SHORT'): ReturnType<typeof signal> {
  return signal({ side, timestamp: START, expires_at: START + 300_000 });
}

/** The story's fills: entries of at most what is ordered, exits of just as much. */
function factsOf({ side, entries, exits, funding }: Story, ordered: number): Facts {
  const clientId = clientIdOf(idea(side).id, 'default', 'entry');
  const common = { symbol: 'BTCUSDT', side } as const;
  const list: Fill[] = [];
  const lotsOrdered = Math.round(ordered * 10);
  let held = 0;
  for (const [i, { lots, price, fee, isMaker }] of entries.entries()) {
    const taken = Math.min(lots, lotsOrdered - held);
    if (taken === 0) break;
    held += taken;
    const size = product(taken, 0.1);
    list.push({ ...common, id: `e${i}`, clientId, cause: 'ENTRY', price, size, fee, isMaker, ts: START + i });
  }
  const isWhole = held === lotsOrdered;
  let rest = held;
  for (const [
    i,
    {
      part: { lots, price, fee, isMaker },
      cause,
    },
  ] of exits.entries()) {
    const taken = i === exits.length - 1 ? rest : Math.min(lots, rest);
    if (taken === 0) break;
    rest -= taken;
    const [size, ts] = [product(taken, 0.1), FUNDING + 1_000 + i];
    list.push({ ...common, id: `x${i}`, clientId: null, cause, price, size, fee, isMaker, ts } as Fill);
  }
  const size = product(held, 0.1);
  const paid = { cause: 'FUNDING', price: 100, size, fee: funding, isMaker: false } as const;
  list.push({ ...common, ...paid, id: 'funding', clientId: null, ts: FUNDING });
  return { side, list, isWhole };
}

/** What the exchange will tell, each thing at least once, some more often, in an order of its own. */
function reports({ side, list, isWhole }: Facts): fc.Arbitrary<DeskInput[]> {
  const clientId = clientIdOf(idea(side).id, 'default', 'entry');
  const common = { book: 'default', clientId } as const;
  const filled = total(0, ...list.filter((fill) => fill.cause === 'ENTRY').map(({ size }) => size));
  const state = {
    clientId,
    symbol: 'BTCUSDT',
    side,
    status: 'over',
    size: filled,
    filled,
    reason: null,
  } as const;
  const at = FUNDING + 2_000;
  const once: DeskInput[] = [
    { kind: 'placing', at, ...common, outcome: { kind: 'placed', isKnown: false } },
    // Needless where the fills are all that was ordered.
    ...(isWhole ? [] : [{ kind: 'order', at, ...common, state } as const]),
    ...list.map((fill) => ({ kind: 'fills', at, book: 'default', fills: [fill] }) as const),
  ];
  const again: DeskInput[] = [
    ...once,
    { kind: 'order', at, ...common, state: { ...state, status: 'open' } },
    { kind: 'timer', at },
    { kind: 'fills', at, book: 'default', fills: [...list, ...list] },
    { kind: 'fills', at, book: 'default', fills: [...list].reverse() },
  ];
  const few = fc.subarray(again.slice(0, -2), { minLength: 0 });
  const all = fc.subarray(again);
  return fc
    .tuple(fc.oneof(few, all))
    .chain(([more]) => fc.shuffledSubarray([...once, ...more], { minLength: once.length + more.length }));
}

function deskThatOrdered(side: 'LONG' | 'SHORT'): TestDesk {
  const desk = new TestDesk({ execution: 'broker', funding: { windowMs: 0 } });
  desk.tell({ kind: 'instrument', at: START - 1, instrument: INSTRUMENT });
  desk.offer(idea(side), START);
  return desk;
}

function expectTold(desk: TestDesk, facts: Facts): void {
  const wanted = toldOf(facts.list);
  const [, entry, exit, ...more] = desk.events as [PositionEvent, PositionEvent, PositionEvent];
  expect(more).toEqual([]);
  expect([entry.kind, exit.kind, exit.exit]).toEqual(['ENTRY', 'EXIT', wanted.exit]);
  const got = [entry.size, entry.price, entry.fees, exit.size, exit.price, exit.fees, exit.funding, exit.pnl];
  const sums = [
    ...[wanted.size, wanted.entry, wanted.entryFees, wanted.size, wanted.price],
    ...[wanted.fees, wanted.funding, wanted.pnl],
  ];
  got.forEach((value, i) => void expect(value, String(i)).toBeCloseTo(sums[i]!, 6));
  expect(desk.book().equity).toBeCloseTo(10_000 + wanted.pnl, 6);
  expect(desk.book().positions).toEqual([]);
}

it('tells what the fills add up to, however they are told', () => {
  const shared = { LONG: deskThatOrdered('LONG'), SHORT: deskThatOrdered('SHORT') };
  fc.assert(
    fc.property(
      story.chain((told) => {
        const facts = factsOf(told, shared[told.side].book().positions[0]!.size);
        return reports(facts).map((inputs) => ({ facts, inputs }));
      }),
      ({ facts, inputs }) => {
        const desk = deskThatOrdered(facts.side);
        for (const input of inputs) desk.tell(input);
        expectTold(desk, facts);
        const before = desk.book();
        expect(inputs.flatMap((input) => desk.tell(input))).toEqual([]);
        expect(desk.book()).toBe(before);
      },
    ),
    { seed: 5, numRuns: 500 },
  );
});
