import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SETTLED_AFTER_MS } from '../../functions/macro-engine/run.ts';
import type { DeskInput } from '../../functions/trade-desk/input.ts';
import { row, signal, snapshot } from '../../functions/trade-desk/trade-desk.fixture.ts';
import { DEFAULT_ASSUMPTIONS } from '../../schemas/backtest-assumptions.ts';
import { candle } from '../../transforms/candle.fixture.ts';
import { Timeline, type Told } from './told.ts';

const T = Date.UTC(2025, 5, 1);
const input = (at: number, told: Record<string, unknown>): Told => ({
  kind: 'input',
  at,
  input: { at, ...told } as DeskInput,
});
const features = (at: number, pair: string) =>
  input(at, { kind: 'features', row: row({ pair, closeTime: at }) });
const signalOf = (at: number, id: string) => input(at, { kind: 'signal', signal: signal({ id }) });
/** In their order at one instant. */
const INSTANT = (at: number): Told[] => [
  input(at, { kind: 'timer' }),
  { kind: 'candle', at, candle: candle({ interval: '5m' }) },
  features(at, 'ADAUSDT'),
  features(at, 'BTCUSDT'),
  input(at, { kind: 'snapshot', snapshot: snapshot() }),
  { kind: 'slot', at, slot: at },
  signalOf(at, 'champion:a'),
  signalOf(at, 'sr-exhaustion:a'),
];

function taken(act: (timeline: Timeline) => void): Told[] {
  const all: Told[] = [];
  act(new Timeline((told) => all.push(told)));
  return all;
}

describe('the timeline of a backtest', () => {
  it('has clock, bars, quotes, MACRO and signals in that order, however they came', () => {
    const wanted = [...INSTANT(T), ...INSTANT(T + 60_000)];
    fc.assert(
      fc.property(fc.shuffledSubarray(wanted, { minLength: wanted.length }), (told) => {
        const got = taken((timeline) => {
          for (const one of told) timeline.tell(one);
          timeline.passTo(T + 60_000);
        });
        expect(got).toEqual(wanted);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('holds back what is not yet due', () => {
    const got = taken((timeline) => {
      for (const told of INSTANT(T + 10_000)) timeline.tell(told);
      timeline.passTo(T + 9_999);
    });
    expect(got).toEqual([]);
  });

  it('tells what comes late at once, as of now', () => {
    const got = taken((timeline) => {
      timeline.passTo(T + 60_000);
      timeline.tell(features(T, 'BTCUSDT'));
      timeline.passTo(T + 60_000);
    });
    expect(got).toMatchObject([{ at: T + 60_000, input: { at: T + 60_000, row: { closeTime: T } } }]);
  });

  it('has MACRO settle for as long as it does live', () => {
    expect(DEFAULT_ASSUMPTIONS.biasAfterSlotMs).toBe(SETTLED_AFTER_MS);
  });

  it('takes the bias of a slot for news of its own time, not of the signals of its bar', () => {
    const told = [
      signalOf(T, 'a'),
      { kind: 'slot', at: T + 10_000, slot: T } as const,
      signalOf(T + 60_000, 'b'),
    ];
    const got = taken((timeline) => {
      for (const one of told.toReversed()) timeline.tell(one);
      timeline.passTo(Number.POSITIVE_INFINITY);
    });
    expect(got).toEqual(told);
  });
});
