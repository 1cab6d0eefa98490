import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeskConfig } from '../../schemas/desk-params.ts';
import { EXITS, type PositionEvent, REFUSALS } from '../../schemas/position-event.ts';
import { inputs } from './input.arbitrary.ts';
import type { DeskInput } from './input.ts';
import { type DeskState, EMPTY_DESK, type Position } from './state.ts';
import { type SwingEnd, swingEnds } from './swings.model.ts';
import { configOf } from './trade-desk.fixture.ts';
import { BookModel, type ModelEvent } from './trade-desk.model.ts';
import { desk } from './trade-desk.ts';

const MINUTE = 60_000;
/** Longer than that of the other book. */
const SWING_HOURS = 2;
/** Rules that are met often, and two books that differ in all that a book can differ in. */
const CONFIG: DeskConfig = configOf(
  {
    book: 'A',
    rules: {
      swingMaxHours: SWING_HOURS,
      cooldownMs: 2 * MINUTE,
      dailyCap: 6,
      maxConcurrent: 2,
      dailyLossHalt: 0.02,
    },
    risk: { correlationMinutes: 5, correlationMinReturns: 2, maxMargin: 0.18 },
    blackouts: [{ from: '09:00', to: '09:20', reason: 'news' }],
  },
  {
    book: 'B',
    rules: { cooldownMs: MINUTE, onSwing: 'halve', swingMaxHours: 1, maxConcurrent: 3, dailyLossHalt: 0.1 },
    risk: { correlationMinutes: 5, correlationMinReturns: 2, maxOpenRisk: 0.006 },
    paper: { entry: 'limit', timeoutMs: 20 * MINUTE, staleMs: 5 * MINUTE },
  },
);

function inModelTerms(event: PositionEvent): ModelEvent {
  const { id, kind, ts, refusal, exit, price, size, fees, funding, pnl } = event;
  const filled = kind === 'ENTRY' ? [price, size, fees] : [price, size, fees, funding, pnl];
  return { id, kind, ts, refusal, exit, numbers: price === null ? [] : filled };
}

function asModel(end: SwingEnd): ModelEvent {
  return { ...end, kind: 'EXIT', refusal: null, numbers: [] };
}

/** Money agrees to a hundredth of a cent: what is left is the rounding of fill prices. */
function expectSame(got: readonly ModelEvent[], wanted: readonly ModelEvent[], input: DeskInput): void {
  const bare = ({ numbers, ...rest }: ModelEvent) => ({ ...rest, numbers: numbers.map((n) => n === null) });
  expect(got.map(bare), JSON.stringify(input)).toEqual(wanted.map(bare));
  got.forEach((event, i) => {
    event.numbers.forEach((number, j) => {
      expect(number ?? 0, `${event.id} [${j}]`).toBeCloseTo(wanted[i]?.numbers[j] ?? 0, 4);
    });
  });
}

describe('the desk', () => {
  it('decides and fills as the naive desk does', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(inputs, (told) => {
        let state: DeskState = EMPTY_DESK;
        const models = CONFIG.books.map((params) => new BookModel(params, CONFIG));
        for (const [i, input] of told.entries()) {
          const step = desk(state, input, CONFIG);
          state = step.state;
          const swings = swingEnds(told.slice(0, i + 1), CONFIG.venue, SWING_HOURS);
          expectSame(
            step.events.map(inModelTerms),
            [...swings.map(asModel), ...models.flatMap((model) => model.tell(input))],
            input,
          );
          for (const { kind, refusal, exit, book } of step.events) {
            const what = `${book === undefined ? 'SWING ' : ''}${refusal ?? exit ?? kind}`;
            seen.set(what, (seen.get(what) ?? 0) + 1);
          }
        }
        CONFIG.books.forEach(({ book }, i) => {
          expect(state.books[book]?.equity).toBeCloseTo(models[i]!.equity, 3);
        });
      }),
      { seed: 1, numRuns: 600 },
    );
    // CORRELATED halves, and never refuses.
    const expected = [
      ...REFUSALS.filter((refusal) => refusal !== 'CORRELATED'),
      ...EXITS,
      ...EXITS.filter((exit) => exit !== 'LIQUIDATED').map((exit) => `SWING ${exit}`),
      'ENTRY',
      'DECISION',
    ];
    expect(
      expected.filter((what) => !seen.has(what)),
      'never met',
    ).toEqual([]);
  });

  it('opens at most one scalp in a pair, and closes each once', () => {
    fc.assert(
      fc.property(inputs, (told) => {
        const ids = new Set<string>();
        let swings = 0;
        let state: DeskState = EMPTY_DESK;
        for (const input of told) {
          const step = desk(state, input, CONFIG);
          state = step.state;
          for (const { id, book } of step.events) {
            expect(ids.has(id), id).toBe(false);
            ids.add(id);
            if (book === undefined) swings += 1;
          }
          for (const { positions } of Object.values(state.books)) {
            expect(new Set(positions.map(({ pair }) => pair)).size).toBe(positions.length);
          }
        }
        const exits = [...ids].filter((id) => id.endsWith(':EXIT'));
        const open = Object.values(state.books).flatMap(({ positions }) => positions);
        const accepted = Object.values(state.books).reduce((sum, { outbox }) => sum + acceptedIn(outbox), 0);
        expect(exits.length - swings + open.length).toBe(accepted);
      }),
      { seed: 2, numRuns: 250 },
    );
  });

  it('keeps to its caps whenever it enters', () => {
    let entered = 0;
    fc.assert(
      fc.property(inputs, (told) => {
        let state: DeskState = EMPTY_DESK;
        for (const input of told) {
          const step = desk(state, input, CONFIG);
          state = step.state;
          if (input.kind !== 'signal') continue;
          for (const params of CONFIG.books) {
            const { positions, equity, day } = state.books[params.book]!;
            expect(positions.length).toBeLessThanOrEqual(params.rules.maxConcurrent);
            expect(day.entries).toBeLessThanOrEqual(params.rules.dailyCap);
            const isEntry = positions.some(
              ({ signalId, since }) => signalId === input.signal.id && since === input.at,
            );
            if (!isEntry) continue;
            entered += 1;
            const sum = (of: (position: Position) => number) => positions.reduce((a, p) => a + of(p), 0);
            const caps = params.risk;
            const noise = 1 + 1e-8;
            expect(sum((p) => p.size * p.entry)).toBeLessThanOrEqual(
              caps.maxMargin * equity * input.signal.leverage * noise,
            );
            expect(sum((p) => p.size * Math.abs(p.entry - p.sl))).toBeLessThanOrEqual(
              caps.maxOpenRisk * equity * noise,
            );
          }
        }
      }),
      { seed: 3, numRuns: 250 },
    );
    expect(entered).toBeGreaterThan(500);
  });

  it('changes nothing when told the same again', () => {
    fc.assert(
      fc.property(inputs, fc.nat(5000), (told, later) => {
        let state: DeskState = EMPTY_DESK;
        for (const input of told) {
          state = desk(state, input, CONFIG).state;
          const again = desk(state, input, CONFIG);
          expect(again.events).toEqual([]);
          expect(again.state).toBe(state);
          if (input.kind === 'timer' || input.kind === 'control') continue;
          const tardy = desk(state, { ...input, at: input.at + later }, CONFIG);
          expect(tardy.events, 'redelivered later').toEqual([]);
          expect(tardy.state).toBe(state);
        }
      }),
      { seed: 4, numRuns: 250 },
    );
  });

  it('keeps an event in the outbox until it is published', () => {
    fc.assert(
      fc.property(inputs, (told) => {
        let state: DeskState = EMPTY_DESK;
        const events = told.flatMap((input) => {
          const step = desk(state, input, CONFIG);
          state = step.state;
          return step.events;
        });
        const rows = () => [...Object.values(state.books), ...Object.values(state.pairs)];
        expect(new Set(rows().flatMap(({ outbox }) => outbox))).toEqual(new Set(events));
        const ids = events.map(({ id }) => id);
        for (const book of CONFIG.books.map((params) => params.book)) {
          state = desk(state, { kind: 'published', at: 0, book, ids }, CONFIG).state;
        }
        for (const pair of Object.keys(state.pairs)) {
          state = desk(state, { kind: 'swing_published', at: 0, pair, ids }, CONFIG).state;
        }
        expect(rows().flatMap(({ outbox }) => outbox)).toEqual([]);
      }),
      { seed: 5, numRuns: 100 },
    );
  });
});

function acceptedIn(events: readonly PositionEvent[]): number {
  return events.filter(({ kind, refusal }) => kind === 'DECISION' && refusal === null).length;
}
