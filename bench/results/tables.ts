/** The tables of docs/RESULTS.md. Pure. */
import type { BacktestTrade } from '../../cli/backtest/desk-run.ts';
import { criteriaOf } from '../../cli/report/criteria.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import { dailyReturns } from '../../transforms/performance/equity.ts';
import { DAYS_A_YEAR, deflatedSharpe, type Trials } from '../../transforms/performance/ratios.ts';
import { meanOf, quantileOf } from '../../transforms/performance/statistics.ts';
import { intervalOf, meanParts, partsOf } from './edge.ts';
import type { Result, Results } from './runs.ts';

const NONE = '–';
const START = 10_000;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

export function signed(value: number, digits = 1): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) > 0 ? `−${text}` : text;
}
export const percent = (share: number, digits = 1) => `${signed(100 * share, digits)} %`;
export const count = (value: number) => value.toLocaleString('en-US');
const money = (value: number) => signed(Math.round(value), 0).replace(/\B(?=(\d{3})+$)/g, ',');
const ratio = (value: number | null) => (value === null ? 'N/A' : signed(value, 2));

function within(values: readonly number[]): string {
  const interval = intervalOf(values);
  return interval === null
    ? 'N/A: too few'
    : `${signed(interval.mean)} (${signed(interval.low)} to ${signed(interval.high)})`;
}

const NAMES: Readonly<Record<string, string>> = {
  'both market': '**both, as shipped**',
  'both limit': 'both, entries rest at the maker’s fee',
  'sr-exhaustion market': 'sr-exhaustion alone',
  'sr-exhaustion limit': 'sr-exhaustion alone, entries rest',
  'champion market': 'champion alone',
  'champion limit': 'champion alone, entries rest',
  'half-spread market': 'both, half the assumed spread',
  'half-spread limit': 'both, half the spread, entries rest',
  'free free': 'both, no fees, spread or slippage',
};
export const nameOf = ({ run, book }: Result) => NAMES[`${run} ${book}`] ?? `${run} ${book}`;

/** Daily Sharpe ratios of all results on the page: each was looked at, so each is a trial. */
export function trialsOf({ results, range }: Results): Trials {
  const daily = results.map(({ trades }) => {
    const returns = dailyReturns(START, trades, range.fromMs, range.toMs);
    const mean = meanOf(returns);
    const spread = returns.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (returns.length - 1);
    return mean / Math.sqrt(spread);
  });
  const mean = meanOf(daily);
  const variance = daily.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (daily.length - 1);
  return { count: daily.length, variance };
}

export function overview(told: Results): string {
  const trials = trialsOf(told);
  const head = ['', 'trades', 'won', 'net', 'profit factor', 'max drawdown', 'Sharpe', 'Sortino', 'deflated'];
  const rows = told.results.map((result) => {
    const { performance: p } = result.report;
    const returns = dailyReturns(START, result.trades, told.range.fromMs, told.range.toMs);
    const deflated = deflatedSharpe(returns, trials);
    return [
      ...[
        nameOf(result),
        count(p.trades),
        percent(p.winRate ?? 0),
        percent(p.netReturn),
        ratio(p.profitFactor),
      ],
      ...[percent(p.maxDrawdown.share), ratio(p.sharpe), ratio(p.sortino)],
      deflated === null ? 'N/A' : deflated < 0.005 ? '< 0.01' : deflated.toFixed(2),
    ];
  });
  const year = `√${DAYS_A_YEAR}`;
  return `${table(head, rows)}\n\nRatios of daily returns, × ${year}. “Deflated”: probability that the Sharpe ratio is more than the luck of the best of these ${trials.count} results.`;
}

export function costs({ results }: Results): string {
  const head = [
    'a trade, bps of notional',
    'price moved',
    'slippage',
    'fees',
    'funding known',
    'net, 95 % interval',
  ];
  const rows = results.map((result) => {
    const { slippage, fees, funding } = meanParts(result.trades);
    const nets = result.trades.map((trade) => partsOf(trade).net);
    const moves = within(result.trades.map((trade) => partsOf(trade).moved));
    const cost = (value: number) => signed(-value);
    return [nameOf(result), moves, cost(slippage), cost(fees), signed(funding), within(nets)];
  });
  return table(head, rows);
}

export function amounts({ results }: Results): string {
  const head = ['of 10,000 USDT', 'gross before slippage', 'slippage', 'fees', 'funding unknown', 'net'];
  const rows = results.map((result) => {
    const { performance: p } = result.report;
    return [
      ...[nameOf(result), money(p.gross + p.slippageCost), money(-p.slippageCost), money(-p.fees)],
      ...[`${p.fundingUnknown} trades`, money(p.net)],
    ];
  });
  return table(head, rows);
}

type Group = (trade: BacktestTrade) => string;

const six = (ms: number) => Math.floor((ms % DAY_MS) / (4 * HOUR_MS)) * 4;
const two = (hour: number) => String(hour).padStart(2, '0');

function stance({ trend, side }: BacktestTrade): string {
  if (trend === null) return 'unknown';
  if (trend === 'RANGING') return 'no trend line';
  return (trend === 'UP') === (side === 'LONG') ? 'with the trend line' : 'against the trend line';
}

function volatility({ atrRatio }: BacktestTrade): string {
  if (atrRatio === null) return 'not known yet';
  return atrRatio < 0.8
    ? 'quiet: ATR < 0.8 × its mean'
    : atrRatio < 1.2
      ? 'usual: 0.8 to 1.2 ×'
      : 'busy: 1.2 × and more';
}

const GROUPS: readonly (readonly [string, Group])[] = [
  ['strategy', ({ strategy }) => strategy],
  ['side', ({ side }) => side],
  ['pair', ({ pair }) => pair],
  ['trend', stance],
  ['volatility', volatility],
  ['opened, UTC', ({ openedAt }) => `${two(six(openedAt))}–${two(six(openedAt) + 4)} h`],
  ['MACRO bias', ({ bias }) => (bias === null ? 'none in force' : 'in force, along it')],
];

export function breakdown(trades: readonly BacktestTrade[]): string {
  const head = ['', 'trades', 'won', 'net', 'price moved, bps', 'net, bps'];
  const rows = GROUPS.flatMap(([title, group]) => {
    const groups = [...Map.groupBy(trades, group)].sort(([a], [b]) => (a < b ? -1 : 1));
    return groups.map(([name, own]) => {
      const won = own.filter(({ net }) => net > 0).length / own.length;
      const net = own.reduce((sum, trade) => sum + trade.net, 0);
      return [
        ...[`${title}: ${name}`, count(own.length), percent(won, 0), money(net)],
        ...[within(own.map((trade) => partsOf(trade).moved)), within(own.map((trade) => partsOf(trade).net))],
      ];
    });
  });
  return table(head, rows);
}

export function exits(trades: readonly BacktestTrade[]): string {
  const head = ['exit', 'trades', 'share', 'price moved, bps', 'net, bps', 'held p10 / p50 / p90, min'];
  const groups = [...Map.groupBy(trades, ({ exit }) => exit)].sort(([, a], [, b]) => b.length - a.length);
  const rows = [...groups, ['all', trades] as const].map(([name, own]) => {
    const { moved, net } = meanParts(own);
    const held = own.map(({ openedAt, closedAt }) => (closedAt - openedAt) / MINUTE_MS).sort((a, b) => a - b);
    const quantiles = [0.1, 0.5, 0.9].map((share) => quantileOf(held, share).toFixed(0)).join(' / ');
    return [
      name,
      count(own.length),
      percent(own.length / trades.length),
      signed(moved),
      signed(net),
      quantiles,
    ];
  });
  return table(head, rows);
}

/** Each strategy by itself and both, as shipped. */
export function plan({ results, range }: Results): string {
  const shipped = shippedOf(results);
  const judged = shipped.map(({ report, trades }) =>
    criteriaOf({ performance: report.performance, trades, startEquity: START, range }),
  );
  const rows = judged[0]!.map(({ name, wanted }, i) => [
    ...[name, wanted],
    ...judged.map((criteria) => `${criteria[i]!.got}: ${criteria[i]!.verdict}`),
  ]);
  return table(['criterion', 'wanted', ...shipped.map(nameOf)], rows);
}

/** Whole days: both ends of the data lie within one. */
export function days(trades: readonly BacktestTrade[], range: Results['range']): string {
  const returns = dailyReturns(START, trades, range.fromMs, range.toMs);
  const first = Math.floor(range.fromMs / DAY_MS);
  const rows = returns.map((share, i) => {
    const own = trades.filter(({ closedAt }) => Math.floor(closedAt / DAY_MS) === first + i);
    const day = new Date((first + i) * DAY_MS).toISOString().slice(5, 10);
    return `${day} ${percent(share)} (${own.length})`;
  });
  const lines = Array.from({ length: Math.ceil(rows.length / 6) }, (_, i) =>
    rows.slice(i * 6, i * 6 + 6).join(' · '),
  );
  return `Return on the day’s first equity (trades closed): ${lines.join(' · ')}.`;
}

function shippedOf(results: readonly Result[]): Result[] {
  return results.filter(({ book, run }) => book === 'market' && run !== 'half-spread');
}

export function refusals({ results }: Results): string {
  const shipped = shippedOf(results);
  const reasons = [
    ...new Set(shipped.flatMap(({ report }) => Object.keys(report.decisions.refusals))),
  ].sort();
  const of = ({ report }: Result) => report.decisions;
  const rows = [
    ['signals', ...shipped.map((result) => count(of(result).signals))],
    ...reasons.map((reason) => [
      `\`${reason}\``,
      ...shipped.map((result) => {
        const n = (of(result).refusals as Record<string, number>)[reason];
        return n === undefined ? NONE : count(n);
      }),
    ]),
    ['entered', ...shipped.map((result) => count(of(result).entered))],
  ];
  return table(['', ...shipped.map(nameOf)], rows);
}
