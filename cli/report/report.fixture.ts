/** A run made by hand, of figures that can be checked by hand. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_ASSUMPTIONS } from '../../schemas/backtest-assumptions.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import { performanceOf } from '../../transforms/performance/performance.ts';
import type { BacktestTrade } from '../backtest/desk-run.ts';
import { type NearBar, nearBarJson } from '../backtest/near-bars.ts';
import type { BacktestReport } from '../backtest/report.ts';
import type { Run } from './folder.ts';

export const START = Date.UTC(2026, 2, 1);
const RANGE = { fromMs: START, toMs: START + 2 * DAY_MS, warmUpFromMs: START - DAY_MS };

function tradeOf(hour: number, net: number, known: Partial<BacktestTrade> = {}): BacktestTrade {
  const openedAt = START + hour * HOUR_MS;
  return {
    book: 'default',
    signalId: `champion:default:BTCUSDT:LONG:${openedAt}`,
    pair: 'BTCUSDT',
    side: 'LONG',
    exit: net > 0 ? 'TP' : 'SL',
    openedAt,
    closedAt: openedAt + 30 * MINUTE_MS,
    entry: 100,
    price: net > 0 ? 101 : 99,
    size: 10,
    gross: net + 1.5,
    fees: 1,
    funding: -0.5,
    isFundingKnown: true,
    slippageCost: 0.25,
    net,
    strategy: 'champion',
    variant: 'default',
    symbol: 'BTCUSDT',
    confidence: 0.5,
    bias: null,
    trend: 'UP',
    atrRatio: 1,
    tp: 101,
    sl: 99,
    leverage: 10,
    halved: false,
    entryLiquidity: 'MAKER',
    exitLiquidity: 'TAKER',
    equity: null,
    ...known,
  };
}

/** +30, −10, +20, −15: of 25 net with a factor of 2. */
export const TRADES: readonly BacktestTrade[] = [
  tradeOf(1, 30),
  tradeOf(2, -10, { side: 'SHORT', trend: null }),
  tradeOf(25, 20, { pair: 'ETHUSDT', strategy: 'sr-exhaustion', atrRatio: 3 }),
  tradeOf(26, -15, { pair: 'ETHUSDT', isFundingKnown: false, atrRatio: null }),
];

const BARS: readonly NearBar[] = Array.from({ length: 60 }, (_, i) => ({
  openTime: START + (30 + i) * MINUTE_MS,
  pair: 'BTCUSDT',
  isComplete: true,
  open: 100,
  high: 101.5,
  low: 98.5,
  close: i % 2 === 0 ? 101 : 99,
  volume: 5,
}));

export function runMade(trades = TRADES, known: Partial<BacktestReport> = {}): Run {
  const decisions = {
    signals: trades.length + 3,
    entered: trades.length,
    unfilled: 0,
    refusals: { COOLDOWN: 2, HALTED: 1 },
  };
  const pairs = [...new Set(trades.map(({ pair }) => pair))].sort();
  const startEquity = 1_000;
  const performance = performanceOf(trades, {
    startEquity,
    ...RANGE,
    pairs: pairs.length,
    random: () => 0.5,
  });
  const book = { decisions, performance, byStrategy: {}, byPair: {}, open: [] };
  const hash = 'abc';
  const report: BacktestReport = {
    version: '1.2.3',
    range: RANGE,
    pairs,
    trials: 1,
    data: { hash, files: [] },
    paramsHash: { signals: hash, desk: hash, macro: hash, assumptions: hash },
    params: { signals: { variant: 'default' }, desk: {}, macro: {} },
    assumptions: { values: DEFAULT_ASSUMPTIONS, stated: ['Nothing is assumed.'] },
    quality: {
      rows: 10,
      late: 0,
      dropped: 0,
      skipped: 0,
      damagedBytes: 0,
      deadLetters: 0,
      incompleteMinutes: 1,
      silentMinutes: 2,
    },
    macro: { decided: 8, judged: 7, biased: 6, swings: 5 },
    books: { default: { ...book, biasAdherence: { withBias: 0, along: 0 } } },
    files: {},
    ...known,
  };
  return { variant: null, report, trades, gaps: [], bars: BARS, signals: [] };
}

/** As `cst backtest` writes it. */
export function folderMade(
  { report, trades, bars }: Run,
  folder = mkdtempSync(join(tmpdir(), 'report-')),
): string {
  const texts = {
    'trades.ndjson': trades.map(({ openedAt, closedAt, ...rest }) =>
      JSON.stringify({
        ...rest,
        openedAt: new Date(openedAt).toISOString(),
        closedAt: new Date(closedAt).toISOString(),
      }),
    ),
    'bars.ndjson': bars.map(nearBarJson),
    'feed-events.ndjson': [],
  };
  mkdirSync(folder, { recursive: true });
  const files = Object.entries(texts).map(([name, lines]) => {
    const text = lines.map((line) => `${line}\n`).join('');
    writeFileSync(join(folder, name), text);
    return [name, createHash('sha256').update(text).digest('hex')];
  });
  writeFileSync(join(folder, 'report.json'), JSON.stringify({ ...report, files: Object.fromEntries(files) }));
  return folder;
}
