/** Random days of a desk: signals, markets, commands, told late, twice and out of order, at prices where rules change their mind. */
import fc from 'fast-check';
import type { DeskInput } from './input.ts';
import { bias, NOW, row, signal, snapshot, swing } from './trade-desk.fixture.ts';

const MINUTE = 60_000;
/** Half an hour before a funding. */
const START = NOW - 2.5 * 60 * MINUTE;
export const PAIRS = ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT'] as const;

const one = fc.constantFrom;
const pair = one(...PAIRS);
const side = one('LONG' as const, 'SHORT' as const);
const mostly = <T>(usual: T, ...others: readonly T[]) =>
  one(usual, usual, usual, usual, usual, usual, ...others);

/** What is told, by the time it is made; the time it is told at comes later. */
type Untimed = DeskInput extends infer I ? (I extends DeskInput ? Omit<I, 'at'> : never) : never;
type Made = (made: number) => Untimed | Untimed[];

const signals = fc
  .record({
    pair,
    side,
    strategy: one('sr-exhaustion' as const, 'champion' as const),
    age: mostly(0, 2000, 295_000, 400_000, 90_000_000),
    leverage: mostly(10, 5),
    wide: mostly(0.5, 4, 9.5),
    /** A healthy market just before, but for the rate; undefined: whatever was seen last. */
    rate: mostly<number | null | undefined>(0.0001, 0.0012, -0.0012, null, undefined),
  })
  .map(
    ({ age, wide, rate, ...known }): Made =>
      (made) => {
        const timestamp = Math.floor((made - age) / 1000) * 1000;
        const sl = known.side === 'LONG' ? 100 - wide : 100 + wide;
        const times = { timestamp, expires_at: timestamp + 5 * MINUTE };
        const offered: Untimed = {
          kind: 'signal',
          signal: signal({ ...known, symbol: known.pair, ...times, sl }),
        };
        if (rate === undefined) return offered;
        const seen = snapshot({ symbol: known.pair, ts: made, fundingRate: rate });
        return [{ kind: 'snapshot', snapshot: seen }, offered];
      },
  );

const deep = { bps5: 1e6, bps10: 2e6, bps25: 3e6, bps50: 4e6 };
const depth = mostly(
  deep,
  ...[
    { bps5: 20, bps10: 40, bps25: 60, bps50: 80 },
    { bps5: 0, bps10: 30, bps25: 30, bps50: 1000 },
    { bps5: 1, bps10: 2, bps25: 3, bps50: 4 },
  ],
);
const price = one(
  100,
  100,
  100,
  100,
  100.05,
  99.95,
  99.9,
  100.1,
  100.11,
  99.89,
  99.5,
  100.5,
  99.48,
  100.52,
  98,
  102,
  89,
);
const snapshots = fc
  .record({
    pair,
    mid: price,
    half: mostly(0.01, 0, 0.05, 0.06),
    last: fc.option(price, { freq: 2 }),
    age: mostly(0, 1000, 6000),
    tradeAge: mostly(100, 5000, 59_999, 70_000),
    bidDepth: depth,
    askDepth: depth,
    connected: mostly(true, true, true, false),
    desyncMs: mostly(0, 0, 0, 2000, 2001),
    missing: mostly(null, null, null, 'bestBid', 'bestAsk'),
    fundingRate: one(0.0001, 0.0012, -0.0012, null),
    mark: fc.option(price, { freq: 2 }),
    venue: mostly('bybit' as const, 'bybit' as const, 'kraken' as const),
  })
  .map(
    (s): Made =>
      (made) => {
        const ts = made - s.age;
        const [bestBid, bestAsk] = [s.mid - s.half, s.mid + s.half].map((p) => Number(p.toFixed(4)));
        const { bidDepth, askDepth, connected, desyncMs, fundingRate, venue } = s;
        const seen = snapshot({
          symbol: s.pair,
          ts,
          bestBid: bestBid!,
          bestAsk: bestAsk!,
          bidDepth,
          askDepth,
          connected,
          desyncMs,
          fundingRate,
          venue,
          markPrice: s.mark,
          lastPrice: s.last ?? s.mid,
          lastTradeTs: ts - s.tradeAge,
        });
        return { kind: 'snapshot', snapshot: s.missing === null ? seen : { ...seen, [s.missing]: null } };
      },
  );

const rows = fc
  .record({
    pair,
    open: price,
    close: price,
    up: mostly(0, 0.2, 0.6, 12),
    down: mostly(0, 0.2, 0.6, 12),
    back: one(0, 0, 0, 1, 2),
    revision: one(1, 2),
    flaw: mostly(null, null, null, ...(['INCOMPLETE', 'DIVERGED', 'STALE', 'WARM_UP'] as const)),
  })
  .map(
    ({ back, flaw, up, down, ...known }): Made =>
      (made) => {
        const openTime = (Math.floor(made / MINUTE) - 1 - back) * MINUTE;
        const { open, close } = known;
        const range = { high: Math.max(open, close) + up, low: Math.min(open, close) - down };
        return {
          kind: 'features',
          row: row({ ...known, ...range, openTime, suppressions: flaw ? [flaw] : [] }),
        };
      },
  );

const slot = (made: number) => Math.floor(made / (15 * MINUTE)) * 15 * MINUTE;
const biases = fc
  .record({ pair, bias: one('LONG' as const, 'SHORT' as const, null), lasts: one(5, 60, 240) })
  .map(
    ({ lasts, ...known }): Made =>
      (made) => {
        const times = { timestamp: slot(made), expires_at: slot(made) + lasts * MINUTE };
        return { kind: 'bias', bias: bias(known.bias, { ...known, ...times }) };
      },
  );
const swings = fc.record({ pair, side }).map(
  (known): Made =>
    (made) => {
      const ends = known.side === 'LONG' ? { tp: 102, sl: 99 } : { tp: 98, sl: 101 };
      const times = { timestamp: slot(made), expires_at: slot(made) + 30 * MINUTE };
      const id = `${known.pair}:${known.side}:${times.timestamp}`;
      return { kind: 'swing', swing: swing({ id, ...known, ...ends, ...times }) };
    },
);
const actions = mostly(
  'resume' as const,
  'revive' as const,
  'pause' as const,
  'kill' as const,
  'revive' as const,
);
const controls = actions.map(
  (action): Made =>
    () => ({ kind: 'control', action }),
);

const made = fc.oneof(
  { weight: 30, arbitrary: snapshots },
  { weight: 18, arbitrary: signals },
  { weight: 10, arbitrary: rows },
  { weight: 2, arbitrary: biases },
  { weight: 1, arbitrary: swings },
  { weight: 1, arbitrary: controls },
  { weight: 2, arbitrary: fc.constant<Made>(() => ({ kind: 'timer' })) },
);

/** One input after the other, `at` never falling: most are told as they are made, some later, some twice. */
export const inputs: fc.Arbitrary<DeskInput[]> = fc
  .array(
    fc.record({
      made,
      step: fc.oneof(
        { weight: 12, arbitrary: one(0, 1, 500, 1000, 1000, 2000, 20_000, MINUTE) },
        { weight: 1, arbitrary: one(10 * MINUTE, 31 * MINUTE, 61 * MINUTE) },
      ),
      late: mostly(0, 0, 1, 3, 8),
      again: fc.option(fc.nat(12), { freq: 4 }),
    }),
    { minLength: 20, maxLength: 120 },
  )
  .map((items) => {
    let now = START;
    const told: { place: number; input: Untimed; now: number }[] = [];
    items.forEach(({ made: make, step, late, again }, i) => {
      now += step;
      for (const input of [make(now)].flat()) {
        told.push({ place: i + late, input, now });
        if (again !== null) told.push({ place: i + late + again, input, now });
      }
    });
    let at = START;
    return told
      .sort((a, b) => a.place - b.place)
      .map(({ input, now: made }): DeskInput => {
        at = Math.max(at, made);
        return { ...input, at };
      });
  });
