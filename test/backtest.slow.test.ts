import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { backtest } from '../cli/backtest/backtest.ts';
import { BACKTEST_FILES } from '../cli/backtest/output.ts';
import { TIMEFRAMES } from '../functions/macro-engine/confidence.ts';
import { macroOf } from '../functions/macro-engine/macro.ts';
import type { DeskInput } from '../functions/trade-desk/input.ts';
import { EMPTY_DESK } from '../functions/trade-desk/state.ts';
import { BookModel, type ModelEvent } from '../functions/trade-desk/trade-desk.model.ts';
import { desk } from '../functions/trade-desk/trade-desk.ts';
import { replayBars } from '../pipelines/replayed.fixture.ts';
import { DeskConfig } from '../schemas/desk-params.ts';
import type { FeatureRow } from '../schemas/feature-row.ts';
import { MacroBias, SwingSignal } from '../schemas/macro.ts';
import { MacroParams } from '../schemas/macro-params.ts';
import { PositionEvent } from '../schemas/position-event.ts';
import { DAY_MS, HOUR_MS } from '../schemas/primitives.ts';
import { ScalpSignal } from '../schemas/scalp-signal.ts';
import { REAL_SYMBOLS, readRealCandles } from '../transforms/real-candles.fixture.ts';
import { DeskBeside } from './backtest/desk-beside.ts';
import { type Ends, naiveBiases } from './backtest/naive-bias.ts';
import { type History, NaiveDesk, type RawBar } from './backtest/naive-desk.ts';
import { FIRST_DAY, linesOf, realInput, realOptions, recordsOf } from './backtest/real.ts';
import { expectRates } from './message-rates.fixture.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'backtest-'));

async function barsOf(context: Pick<TestContext, 'skip'>) {
  const bars = new Map<string, Map<number, RawBar>>();
  for (const symbol of REAL_SYMBOLS) {
    const own = await readRealCandles(context, symbol, '1m');
    bars.set(symbol, new Map(own.map((bar) => [bar.openTime + 60_000, bar])));
  }
  return bars;
}

/** Counts by name, names in order. */
function countOf(names: readonly string[]): Record<string, number> {
  const groups = Map.groupBy(names, (name) => name);
  return Object.fromEntries([...groups].map(([name, all]) => [name, all.length] as const).toSorted());
}

/** A day of many biases and swings. */
const WINDOW = { from: Date.UTC(2025, 5, 21), to: Date.UTC(2025, 5, 22) };

describe('30 real days of five symbols', () => {
  it('are traded by the rules, each refusal as a naive reading has it', async (context) => {
    const out = newFolder();
    const emas = new Map<string, FeatureRow['volumeEma20']>();
    const window: DeskInput[] = [];
    const beside = new DeskBeside(await shortLived(context));
    const report = await backtest({
      ...realOptions(realInput(context)),
      out,
      onInput(input) {
        if (input.kind === 'features')
          emas.set(`${input.row.pair} ${input.row.closeTime}`, input.row.volumeEma20);
        if (input.at >= WINDOW.from && input.at < WINDOW.to) window.push(input);
        beside.take(input);
      },
    });

    const known = {
      bars: await barsOf(context),
      volumeEma: (pair: string, closeTime: number) => emas.get(`${pair} ${closeTime}`) ?? null,
    };
    const signals = recordsOf(out, 'trade-signals-micro', ScalpSignal);
    const told = {
      events: recordsOf(out, 'position-events', PositionEvent),
      biases: recordsOf(out, 'macro-bias-updates', MacroBias),
      swings: recordsOf(out, 'trade-signals-macro', SwingSignal),
    };
    const found = expectRules(signals, told, 4 * HOUR_MS, known);
    const { decisions, biasAdherence } = report.books.default!;
    expect(decisions.refusals).toEqual(found.refusals);
    expect(biasAdherence).toEqual({ withBias: found.along, along: found.along });
    // No bias of this month lives for four hours without being renewed; of an hour many do.
    const short = expectRules(signals, beside, HOUR_MS, known);
    expect(short.ends.expired).toBeGreaterThan(20);
    for (const { refusals, ends, along } of [found, short]) {
      expect(Object.keys(refusals)).toEqual(
        expect.arrayContaining(['MACRO_BIAS', 'SWING_OPEN', 'FUNDING_WINDOW', 'HALTED']),
      );
      expect(Math.min(ends.lifted, along)).toBeGreaterThan(0);
    }
    console.log(JSON.stringify({ signals: signals.length, entered: decisions.entered, ...found }));
    expectAsModel(window);
    // What costs are estimated by.
    const topics = ['macro-bias-updates', 'trade-signals-macro', 'position-events'] as const;
    expectRates(out, topics, REAL_SYMBOLS.length * 30);
  });

  it('give the same bytes again, and the signals of a replay', async (context) => {
    const input = realInput(context, FIRST_DAY + 4 * DAY_MS);
    const options = realOptions(input);
    const [first, second] = [newFolder(), newFolder()];
    await backtest({ ...options, out: first });
    await backtest({ ...options, out: second });
    const read = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8');
    for (const file of [...BACKTEST_FILES.map((name) => `${name}.ndjson`), 'report.json'])
      expect(read(second, file) === read(first, file), file).toBe(true);
    const replayed = await replayBars(input.files, { toMs: FIRST_DAY + 4 * DAY_MS });
    expect(linesOf(first, 'trade-signals-micro')).toEqual(replayed.lines('trade-signals-micro'));
    expect(replayed.summary.signals).toBeGreaterThan(100);
  });
});

/** Decisions of a MACRO engine whose biases live for an hour. */
async function shortLived(context: Pick<TestContext, 'skip'>) {
  const params = MacroParams.parse({ bias: { expiresAfterMs: HOUR_MS } });
  const decide = new Map<string, ReturnType<typeof macroOf>>();
  for (const symbol of REAL_SYMBOLS) {
    const bars = await Promise.all(
      TIMEFRAMES.map((timeframe) => readRealCandles(context, symbol, timeframe)),
    );
    decide.set(symbol, macroOf(symbol, bars.flat(), params));
  }
  return decide;
}

interface Told {
  readonly events: readonly PositionEvent[];
  readonly biases: readonly MacroBias[];
  readonly swings: readonly SwingSignal[];
}

function expectRules(
  signals: readonly ScalpSignal[],
  { events, biases, swings }: Told,
  lifeMs: number,
  known: Pick<History, 'bars' | 'volumeEma'>,
) {
  const byPair = Map.groupBy(biases, ({ pair }) => pair);
  const ends = expectBiases(byPair, lifeMs);
  const history = { ...known, biases: byPair, swings: Map.groupBy(swings, ({ pair }) => pair) };
  return { ...expectGates(signals, events, history), ends };
}

/** Hysteresis and expiry, of each pair from its first slot on. */
function expectBiases(byPair: ReadonlyMap<string, readonly MacroBias[]>, lifeMs: number): Ends {
  const ends: Ends = { lifted: 0, expired: 0 };
  for (const told of byPair.values()) {
    const got = told.map(({ bias, expires_at }) => ({ bias, expiresAt: expires_at }));
    expect(got).toEqual(naiveBiases(told, lifeMs, ends));
  }
  return ends;
}

/** Every decision is the one that a naive reading makes; none enters against a bias or beside a swing. */
function expectGates(
  signals: readonly ScalpSignal[],
  events: readonly PositionEvent[],
  history: History,
): { refusals: Record<string, number>; along: number } {
  const [params] = DeskConfig.parse({}).books;
  const naive = new NaiveDesk(history, params!, new Map(signals.map((signal) => [signal.id, signal])));
  const sizes = new Map<string, number>();
  const refusals: string[] = [];
  let along = 0;
  for (const event of events.filter(isOfBook)) {
    const wanted = naive.follow(event);
    if (event.kind === 'DECISION') {
      const refusal = typeof wanted === 'string' ? wanted : null;
      expect(event.refusal, `${event.id}: ${event.reason}`).toBe(refusal);
      if (refusal !== null) refusals.push(refusal);
      else sizes.set(event.signalId, wanted as number);
    }
    if (event.kind !== 'ENTRY') continue;
    expect(event.size! / sizes.get(event.signalId)!, event.id).toBeCloseTo(1, 5);
    expect(naive.isSwingOpen(event.pair, event.ts), event.id).toBe(false);
    const bias = naive.biasOf(event.pair, event.ts);
    expect(bias?.bias ?? event.side, event.id).toBe(event.side);
    if (bias) along += 1;
  }
  expect(refusals.length + sizes.size).toBe(signals.length);
  return { refusals: countOf(refusals), along };
}

/** The naive desk asks all that was ever told: it gets a day, and looks back on 20 minutes for correlation. */
function expectAsModel(inputs: readonly DeskInput[]): void {
  const risk = { correlationMinutes: 20, correlationMinReturns: 5 };
  const config = DeskConfig.parse({
    books: [{ risk }, { book: 'resting', risk, paper: { entry: 'limit' } }],
  });
  const models = config.books.map((params) => new BookModel(params, config));
  let state = EMPTY_DESK;
  let told = 0;
  for (const input of inputs) {
    const step = desk(state, input, config);
    const ids = (book: string) => step.events.flatMap((event) => (event.book === book ? [event.id] : []));
    state = step.state;
    for (const { book } of config.books)
      state = desk(state, { kind: 'published', at: input.at, book, ids: ids(book) }, config).state;
    const wanted = models.flatMap((model) => model.tell(input));
    expectSame(step.events.filter(isOfBook), wanted, input);
    told += wanted.length;
  }
  expect(told).toBeGreaterThan(100);
}

/** The end of a SWING position is not. */
function isOfBook({ book }: PositionEvent): boolean {
  return book !== undefined;
}

/** Prices agree to a millionth, money to a hundredth of a cent: what is left is the rounding of fill prices. */
function expectSame(got: readonly PositionEvent[], wanted: readonly ModelEvent[], input: DeskInput): void {
  const named = ({ id, kind, ts, refusal, exit }: PositionEvent | ModelEvent) => [
    id,
    kind,
    ts,
    refusal,
    exit,
  ];
  expect(got.map(named), `${input.kind} at ${input.at}`).toEqual(wanted.map(named));
  for (const [i, { id, kind, price, pnl }] of got.entries()) {
    const { numbers } = wanted[i]!;
    if (kind === 'DECISION' || price === null) continue;
    expect(price / numbers[0]!, id).toBeCloseTo(1, 6);
    if (kind === 'EXIT') expect(pnl, id).toBeCloseTo(numbers[4]!, 4);
  }
}
