import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SimulatedMarket } from '../../connectors/exchanges/simulated/market.ts';
import { openJournal } from '../../connectors/journal/reader.ts';
import { record } from '../../connectors/journal/recorded.fixture.ts';
import type { DeskInput } from '../../functions/trade-desk/input.ts';
import { replayBars } from '../../pipelines/replayed.fixture.ts';
import { simulatedBars } from '../../pipelines/simulated.fixture.ts';
import { DEFAULT_ASSUMPTIONS } from '../../schemas/backtest-assumptions.ts';
import { DeskConfig } from '../../schemas/desk-params.ts';
import { DEFAULT_MACRO_PARAMS } from '../../schemas/macro-params.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { HOUR_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { backtest } from './backtest.ts';
import type { BacktestOptions, FilesInput } from './options.ts';
import { textOf } from './text.ts';

const START = Date.UTC(2026, 2, 1);
const HOURS = 16;
/** Signals of before are not traded. */
const FROM = START + 13 * HOUR_MS;
/** When a position in SOL is closed, whose rate alone is known. */
const FUNDING_HOURS = [16];
const FUNDINGS = FUNDING_HOURS.map((hour) => START + hour * HOUR_MS);
const SYMBOLS = ['BTCUSDT', 'SOLUSDT'];
const folder = mkdtempSync(join(tmpdir(), 'backtest-'));
const newFolder = () => mkdtempSync(join(tmpdir(), 'backtest-'));

/** A minute of SOL is left out, and one row of it is broken. */
async function filesOf() {
  const market = new SimulatedMarket(1);
  const files = [];
  for (const symbol of SYMBOLS) {
    const bars = await simulatedBars(market.of(symbol), '1m', START, START + HOURS * HOUR_MS);
    const rows = bars.map(({ openTime, open, high, low, close, volume }) =>
      [openTime, open, high, low, close, volume].join(),
    );
    if (symbol === 'SOLUSDT') rows.splice(600, 2, rows[600]!.replace(/,.*/, ',broken,1,1,1,1'));
    const path = join(folder, `${symbol}.csv`);
    writeFileSync(path, `${['open_time_ms,open,high,low,close,volume', ...rows].join('\n')}\n`);
    files.push({ symbol, path });
  }
  return files;
}

const files = await filesOf();
const INPUT: FilesInput = {
  kind: 'files',
  files,
  interval: '1m',
  fromMs: FROM,
  toMs: undefined,
  fundings: new Map([['SOLUSDT', FUNDINGS.map((ts) => ({ ts, rate: 0.0002 }))]]),
};

function optionsOf(out: string, known: Partial<BacktestOptions> = {}): BacktestOptions {
  const funding = { hours: FUNDING_HOURS };
  return {
    input: INPUT,
    venue: 'bybit',
    history: [],
    out,
    code: 'test',
    data: [],
    params: DEFAULT_PARAMS,
    macro: DEFAULT_MACRO_PARAMS,
    assumptions: DEFAULT_ASSUMPTIONS,
    desk: DeskConfig.parse({ books: [{ funding }, { book: 'small', funding, risk: { margin: 0.01 } }] }),
    ...known,
  };
}

const linesOf = (out: string, file: string) => readFileSync(join(out, file), 'utf8').split('\n').slice(0, -1);
const eventsOf = (out: string) =>
  linesOf(out, 'position-events.ndjson').map((line) => PositionEvent.parse(JSON.parse(line)));

describe('a backtest of bars', () => {
  const out = newFolder();
  const inputs: DeskInput[] = [];
  const ready = backtest(optionsOf(out, { onInput: (input) => inputs.push(input) }));

  it('has the signals of a replay, those of its time range alone, to the byte', async () => {
    const report = await ready;
    const replayed = await replayBars(files);
    const wanted = replayed
      .lines('trade-signals-micro')
      .filter((line) => ScalpSignal.parse(JSON.parse(line)).timestamp > FROM);
    expect(linesOf(out, 'trade-signals-micro.ndjson')).toEqual(wanted);
    expect(wanted.length).toBeGreaterThan(10);
    expect(report.books.default!.decisions.signals).toBe(wanted.length);
    expect(report.range).toEqual({ fromMs: FROM, toMs: START + HOURS * HOUR_MS, warmUpFromMs: START });
  });

  it('writes the same bytes in every run', async () => {
    await ready;
    const again = newFolder();
    await backtest(optionsOf(again));
    expect(readdirSync(again)).toEqual(readdirSync(out));
    for (const file of readdirSync(out))
      expect(linesOf(again, file).join('\n'), file).toBe(linesOf(out, file).join('\n'));
  });

  it('tells the desk bars, then quotes, then signals of an instant, and time never falls', async () => {
    await ready;
    const ranks = ['timer', 'features', 'snapshot', 'signal'];
    const seen = new Map<string, number>();
    for (const [i, { at, kind }] of inputs.entries()) {
      expect(at).toBeGreaterThanOrEqual(inputs[i - 1]?.at ?? 0);
      if (kind === 'bias') expect(at % (15 * MINUTE_MS)).toBe(10_000);
      else expect(ranks.slice(seen.get(`${at}`) ?? 0)).toContain(kind === 'snapshot' ? 'features' : kind);
      if (kind === 'signal') seen.set(`${at}`, 3);
    }
  });

  it('books every entry, exit and cost of each book', async () => {
    const report = await ready;
    const events = eventsOf(out);
    for (const book of ['default', 'small']) {
      const own = events.filter((event) => event.book === book);
      const exits = own.filter(({ kind }) => kind === 'EXIT');
      const entries = new Map(own.flatMap((e) => (e.kind === 'ENTRY' ? [[e.signalId, e.ts] as const] : [])));
      expect(exits.length).toBeGreaterThan(2);
      for (const exit of exits) expect(exit.ts).toBeGreaterThan(entries.get(exit.signalId)!);
      const net = exits.reduce((sum, { pnl }) => sum + pnl!, 0);
      const { performance, open } = report.books[book]!;
      expect(performance.net).toBeCloseTo(net, 6);
      expect(exits.at(-1)!.equity).toBeCloseTo(10_000 + net, 6);
      expect(open.length + exits.length).toBe(entries.size);
    }
    const trades = linesOf(out, 'trades.ndjson').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(trades).toHaveLength(events.filter(({ kind }) => kind === 'EXIT').length);
    expect(trades[0]).toMatchObject({ strategy: expect.any(String), bias: null, trend: expect.any(String) });
  });

  it('pays fundings at the rates of the file, and knows no others', async () => {
    await ready;
    const trades = linesOf(out, 'trades.ndjson').map(
      (line) => JSON.parse(line) as Record<string, string | number>,
    );
    const met: string[] = [];
    for (const { pair, side, size, entry, openedAt, closedAt, funding, isFundingKnown } of trades) {
      const [from, to] = [Date.parse(openedAt as string), Date.parse(closedAt as string)];
      const due = FUNDINGS.filter((ts) => ts > from && ts <= to).length;
      const isKnown = due === 0 || pair === 'SOLUSDT';
      expect(isFundingKnown).toBe(isKnown);
      const paid = (side === 'LONG' ? -1 : 1) * due * 0.0002 * Number(size) * Number(entry);
      // The rate is of the price when it fell due.
      if (isKnown) expect(Math.abs(Number(funding) - paid)).toBeLessThanOrEqual(0.02 * Math.abs(paid));
      if (due > 0) met.push(pair as string);
    }
    expect(met).toEqual(['SOLUSDT', 'SOLUSDT']);
  });

  it('keeps the ledger of what the files do not hold', async () => {
    const report = await ready;
    expect(report.quality).toMatchObject({ rows: 2 * HOURS * 60 - 2, deadLetters: 1, incompleteMinutes: 1 });
    const at = START + 600 * MINUTE_MS;
    const [gap, ...others] = linesOf(out, 'feed-events.ndjson').map((line) => JSON.parse(line) as object);
    expect(others).toEqual([]);
    expect(gap).toMatchObject({ kind: 'GAP', symbol: 'SOLUSDT', from: new Date(at).toISOString() });
  });

  it('is told as a table', async () => {
    const report = await ready;
    const text = textOf(report, 'DIR', 1_234);
    const { decisions, performance } = report.books.default!;
    expect(text).toMatch(
      /^range {5}2026-03-01T13:00Z to 2026-03-01T16:00Z, BTCUSDT SOLUSDT, warmed by 0.5 days/,
    );
    expect(text).toMatch(/1 minutes incomplete/);
    const all = new RegExp(`all +${decisions.signals} +${decisions.entered} +${performance.trades} `);
    expect(text).toMatch(all);
    for (const reason of Object.keys(decisions.refusals)) expect(text).toContain(reason);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
  });

  it('refuses a time range of which there is nothing, and leaves no file', async () => {
    const none = newFolder();
    const fromMs = START + 400 * 24 * HOUR_MS;
    await expect(backtest(optionsOf(none, { input: { ...INPUT, fromMs } }))).rejects.toThrow(/--timerange/);
    expect(readdirSync(none)).toEqual([]);
  });
});

describe('a backtest of frames', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('lives through the books and the ledger of then, second by second', async () => {
    const on = await record('bybit', [{ kind: 'drop', afterMs: 70_000 }], closers);
    await on.pass(2 * MINUTE_MS + 10_000);
    await on.relay.stop();
    await on.recorder.close();
    const journal = await openJournal(on.dir);
    const run = async () => {
      const out = newFolder();
      const inputs: DeskInput[] = [];
      const input = { kind: 'frames', journal } as const;
      await backtest(optionsOf(out, { input, onInput: (told) => inputs.push(told) }));
      return { out, inputs };
    };
    const [first, second] = [await run(), await run()];
    expect(second.inputs).toEqual(first.inputs);
    const sent = on.bus.of('book-snapshots').length;
    const snapshots = first.inputs.flatMap((told) => (told.kind === 'snapshot' ? [told] : []));
    expect(snapshots.length).toBe(sent);
    for (const [i, { at }] of first.inputs.entries())
      expect(at).toBeGreaterThanOrEqual(first.inputs[i - 1]?.at ?? 0);
    for (const told of first.inputs)
      if (told.kind === 'features') expect(told.at).toBeGreaterThanOrEqual(told.row.closeTime + 2_000);
    const kinds = linesOf(first.out, 'feed-events.ndjson').map(
      (line) => (JSON.parse(line) as { kind: string }).kind,
    );
    expect(kinds).toContain('DISCONNECTED');
  });
});
