/** `cst backtest` and its desk over a month of real bars, and one simple rule side by side with others. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { backtest } from '../cli/backtest/backtest.ts';
import type { DeskInput } from '../functions/trade-desk/input.ts';
import { DEFAULT_ASSUMPTIONS } from '../schemas/backtest-assumptions.ts';
import { DeskConfig } from '../schemas/desk-params.ts';
import { DEFAULT_MACRO_PARAMS } from '../schemas/macro-params.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { MINUTE_MS } from '../schemas/primitives.ts';
import { closedTrades } from '../transforms/performance/closed-trade.ts';
import {
  RULE,
  type RuleMarket,
  type RuleTrade,
  realBars,
  ruleInputs,
  ruleMarkets,
  runDesk,
  tradedByDesk,
} from './backtest-rule.ts';
import { tradedBySql } from './backtest-sql.ts';
import { type Benchmark, type Row, Stopwatch } from './benchmark.ts';

const BARS = 216_000;
const DESK = DeskConfig.parse({});

interface Taken {
  /** Unit: seconds. */
  readonly wall: number;
  readonly cpu: number;
  readonly rssMb: number;
}

/** @param work Told of a watch that measures nothing until it is resumed. */
async function measured<T>(work: (watch: Stopwatch) => T | Promise<T>): Promise<{ made: T; taken: Taken }> {
  const watch = new CpuWatch();
  const made = await work(watch);
  const rssMb = process.resourceUsage().maxRSS / 1024;
  return { made, taken: { wall: watch.wall, cpu: watch.cpu, rssMb } };
}

/** CPU time, too, between `resume` and `pause`. */
class CpuWatch extends Stopwatch {
  #from: NodeJS.CpuUsage | undefined;
  /** Unit: seconds. */
  cpu = 0;

  override resume(): void {
    this.#from = process.cpuUsage();
    super.resume();
  }

  override pause(): void {
    super.pause();
    const { user, system } = process.cpuUsage(this.#from);
    if (this.#from !== undefined) this.cpu += (user + system) / 1e6;
    this.#from = undefined;
  }
}

function rowOf({ wall, cpu, rssMb }: Taken, trades: number): Row {
  return {
    elapsed: `${wall.toFixed(1)} s`,
    'CPU time': `${cpu.toFixed(1)} s`,
    'µs CPU/bar': ((cpu * 1e6) / BARS).toFixed(0),
    'peak RSS': `${Math.round(rssMb)} MB`,
    trades: trades.toLocaleString('en-US'),
  };
}

/** @returns Its trades. */
async function runWhole(
  bars: ReadonlyMap<string, string>,
  onInput: (input: DeskInput) => void,
): Promise<number> {
  const out = mkdtempSync(join(tmpdir(), 'cst-bench-'));
  const files = [...bars].map(([symbol, path]) => ({ symbol, path }));
  const all = { fromMs: undefined, toMs: undefined };
  try {
    const { books } = await backtest({
      input: { kind: 'files', files, interval: '1m', ...all, fundings: new Map() },
      venue: 'bybit',
      history: [],
      params: DEFAULT_PARAMS,
      desk: DESK,
      macro: DEFAULT_MACRO_PARAMS,
      assumptions: DEFAULT_ASSUMPTIONS,
      out,
      code: 'bench',
      data: [],
      onInput,
    });
    return books.default!.performance.trades;
  } finally {
    rmSync(out, { recursive: true });
  }
}

async function whole(): Promise<Row | null> {
  const bars = realBars();
  if (bars === null) return null;
  const { made, taken } = await measured(async (watch) => {
    watch.resume();
    const trades = await runWhole(bars, () => undefined);
    watch.pause();
    return trades;
  });
  return rowOf(taken, made);
}

/** What is told to the desk is kept while the whole runs. */
async function deskAlone(): Promise<Row | null> {
  const bars = realBars();
  if (bars === null) return null;
  const inputs: DeskInput[] = [];
  await runWhole(bars, (input) => inputs.push(input));
  const { made, taken } = await measured((watch) => {
    watch.resume();
    const events = runDesk(inputs, DESK);
    watch.pause();
    return closedTrades(events).length;
  });
  return rowOf(taken, made);
}

interface Traded {
  readonly trades: readonly RuleTrade[];
  readonly taken: Taken;
}

async function byDesk(markets: readonly RuleMarket[]): Promise<Traded> {
  const inputs = ruleInputs(markets);
  const { made, taken } = await measured((watch) => {
    watch.resume();
    const trades = tradedByDesk(inputs);
    watch.pause();
    return trades;
  });
  return { trades: made, taken };
}

/** One rule, and how its trades compare with those of the desk. */
async function ruled(
  trade: (bars: Map<string, string>, markets: readonly RuleMarket[]) => Promise<Traded | null>,
): Promise<Row | null> {
  const bars = realBars();
  if (bars === null) return null;
  const markets = await ruleMarkets(bars);
  const traded = await trade(bars, markets);
  if (traded === null) return null;
  const { trades: ours } = trade === deskRule ? traded : await byDesk(markets);
  return { ...rowOf(traded.taken, traded.trades.length), ...comparison(traded.trades, ours) };
}

const deskRule = (_: unknown, markets: readonly RuleMarket[]) => byDesk(markets);

async function sqlRule(bars: ReadonlyMap<string, string>): Promise<Traded> {
  const { made, taken } = await measured((watch) => tradedBySql(bars, watch));
  return { trades: made, taken };
}

/** The same pair, entry and exit; of those the largest difference of net results. */
function comparison(theirs: readonly RuleTrade[], ours: readonly RuleTrade[]): Row {
  const keyOf = ({ symbol, openedAt, closedAt }: RuleTrade) => `${symbol} ${openedAt} ${closedAt}`;
  const known = new Map(ours.map((trade) => [keyOf(trade), trade.net]));
  const same = theirs.filter((trade) => known.has(keyOf(trade)));
  const apart = Math.max(...same.map((trade) => Math.abs(trade.net - known.get(keyOf(trade))!)));
  const net = theirs.reduce((sum, trade) => sum + trade.net, 0) / theirs.length;
  return {
    'net a trade': `${(1e4 * net).toFixed(4)} bps`,
    'as the desk': same.length.toLocaleString('en-US'),
    'net apart by at most': `${(1e4 * apart).toPrecision(1)} bps`,
  };
}

const PYTHON = 'python3';
const PythonAnswer = z.object({
  wall: z.number(),
  cpu: z.number(),
  rssMb: z.number(),
  trades: z.array(z.tuple([z.string(), z.number(), z.number(), z.number()])),
});

/** In a process of its own; times are its own, without the reading of its input. Null: it is not installed, said aloud. */
async function backtestingPy(_: unknown, markets: readonly RuleMarket[]): Promise<Traded | null> {
  const text = await answerOf(JSON.stringify({ rule: RULE, markets }));
  if (text === null) {
    process.stderr.write(`    needs ${PYTHON} with the package backtesting: pip install backtesting\n`);
    return null;
  }
  const { trades, ...taken } = PythonAnswer.parse(JSON.parse(text.trim().split('\n').at(-1)!));
  const times = new Map(markets.map(({ symbol, time }) => [symbol, time]));
  const closeOf = (symbol: string, bar: number) => times.get(symbol)![bar]! + MINUTE_MS;
  const made = trades.map(([symbol, entered, left, net]) => {
    return { symbol, openedAt: closeOf(symbol, entered), closedAt: closeOf(symbol, left), net };
  });
  return { trades: made, taken };
}

/** Null where it fails: its own words are on stderr. */
function answerOf(input: string): Promise<string | null> {
  return new Promise((done) => {
    const script = join(import.meta.dirname, 'backtest-rule.py');
    const child = spawn(PYTHON, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    // It may end before it has read all.
    child.stdin.on('error', () => undefined);
    child.on('error', () => done(null));
    child.on('close', (code) => done(code === 0 ? text : null));
    child.stdin.end(input);
  });
}

export const backtests: Benchmark = {
  name: 'backtest',
  about:
    'A month of 1m bars of five perpetuals, 216,000. First `cst backtest` as it is: file reading, graph, both strategies, MACRO engine, desk, output files. Then the desk alone on all that it was told by that run (bars, a quote at each close, clock, bias, signals). Then one rule for all: 2,349 entries given by a hash, long or short at the close, ±0.5 %, 60 minutes, one position a pair, 0.06 % a side; SL first where a bar spans both. By the desk with its other gates open; by `backtest_trades` of bq/ on DuckDB, translation included, on all cores; by backtesting.py in a process of its own, its frames made in its time. What is read before is in no time of these three. “As the desk”: trades of the same pair, entry and exit.',
  cases: [
    { name: 'cst backtest: graph, MACRO, desk', run: whole },
    { name: 'the desk alone, on the same', run: deskAlone },
    { name: 'one rule: the desk', run: () => ruled(deskRule) },
    { name: 'one rule: bq/backtest on DuckDB', run: () => ruled(sqlRule) },
    { name: 'one rule: backtesting.py', run: () => ruled(backtestingPy) },
  ],
};
