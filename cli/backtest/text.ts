/** A backtest's report as text for a terminal. Pure. */
import { amount } from '../figures.ts';
import type { BacktestReport, BookReport } from './report.ts';

const NONE = '–';
const WIDTHS = [22, 9, 9, 8, 8, 12, 11, 11, 8] as const;
const HEADER = ['', 'signals', 'entered', 'trades', 'win %', 'net', 'a trade', 'profit f.', 'refused'];

/** Lines fit into 100 columns. @param elapsedMs Null: not told. */
export function textOf(report: BacktestReport, out: string, elapsedMs: number | null): string {
  const { range, quality, data, macro, pairs } = report;
  const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
  const warmed = ((range.fromMs - range.warmUpFromMs) / 86_400_000).toFixed(1);
  return [
    `range     ${iso(range.fromMs)} to ${iso(range.toMs)}, ${namesOf(pairs)}, warmed by ${warmed} days before it`,
    `read      ${count(quality.rows)} rows${elapsedMs === null ? '' : ` in ${(elapsedMs / 1_000).toFixed(1)} s`} (data ${data.hash}): ${qualityOf(quality)}`,
    `MACRO     ${count(macro.decided)} slots: ${count(macro.judged)} judged on all timeframes, ${count(macro.biased)} with a bias, ${count(macro.swings)} swings`,
    ...Object.entries(report.books).flatMap(([name, book]) => ['', ...linesOf(name, book)]),
    '',
    `assumed   ${report.assumptions.stated.length} things that history does not tell: see report.json`,
    `written   ${out}`,
    '',
  ].join('\n');
}

/** Few by name. */
function namesOf(pairs: readonly string[]): string {
  return pairs.length > 5 ? `${pairs.length} pairs` : pairs.join(' ');
}

function qualityOf(quality: BacktestReport['quality']): string {
  const { incompleteMinutes, silentMinutes, deadLetters, late, damagedBytes } = quality;
  return [
    `${count(incompleteMinutes)} minutes incomplete`,
    `${count(silentMinutes)} without a trade`,
    `${count(deadLetters)} dead letters`,
    ...(late > 0 ? [`${count(late)} rows after their bar had closed`] : []),
    ...(damagedBytes > 0 ? [`${count(damagedBytes)} bytes damaged`] : []),
  ].join(', ');
}

function linesOf(name: string, book: BookReport): string[] {
  const { performance: p, decisions } = book;
  const groups = { ...book.byStrategy, ...book.byPair };
  const rows = Object.entries(groups).map(([group, told]) => rowOf(group, told));
  return [
    `book ${name}`,
    `  net ${amount(p.net)} (${percent(p.netReturn)}) = gross ${amount(p.gross)} − fees ${amount(p.fees)} ${signed(p.funding)} funding${unknown(p.fundingUnknown)}; slippage ${amount(p.slippageCost)} is in gross`,
    `  max drawdown ${percent(p.maxDrawdown.share)}, exposure ${percent(p.exposure)}, Sharpe ${ratio(p.sharpe)}, Sortino ${ratio(p.sortino)}, deflated Sharpe ${ratio(p.deflatedSharpe)}`,
    `  ${expectancyOf(book)}; with a bias in force ${book.biasAdherence.withBias} entered, ${book.biasAdherence.along} along it`,
    ...(book.open.length > 0 ? [`  ${book.open.length} still open at the end, in no figure`] : []),
    '',
    padded(HEADER),
    ...rows.map(padded),
    padded(rowOf('all', { ...decisions, ...p })),
    '',
    ...refusalsOf(decisions.refusals),
  ];
}

function expectancyOf({ performance: { expectancyInterval: interval } }: BookReport): string {
  if (interval === null) return 'expectancy N/A: too few trades';
  return `expectancy ${amount(interval.mean)} a trade, 95 % within ${amount(interval.low)} and ${amount(interval.high)}`;
}

type Group = BookReport['byPair'][string];

function rowOf(name: string, { signals, entered, refusals, ...figures }: Group): string[] {
  const { trades = 0, winRate = null, net = 0, expectancy = null, profitFactor = null } = figures;
  const refused = Object.values(refusals).reduce((sum, n) => sum + n, 0);
  return [
    ...[`  ${name}`, count(signals), count(entered), count(trades)],
    ...[winRate === null ? NONE : (100 * winRate).toFixed(1), amount(net)],
    ...[expectancy === null ? NONE : amount(expectancy), ratio(profitFactor), count(refused)],
  ];
}

function refusalsOf(refusals: BookReport['decisions']['refusals']): string[] {
  const sorted = Object.entries(refusals).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  if (sorted.length === 0) return ['  refused   nothing'];
  return [`  refused   ${sorted.map(([reason, n]) => `${reason} ${count(n)}`).join(' · ')}`];
}

function unknown(trades: number): string {
  return trades === 0 ? '' : ` (unknown for ${count(trades)} trades)`;
}

function padded(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[i] ?? 0)))
    .join('')
    .trimEnd();
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
function signed(value: number): string {
  return `${value < 0 ? '−' : '+'} ${amount(Math.abs(value))}`;
}
function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
function ratio(value: number | null): string {
  return value === null ? 'N/A' : value.toFixed(2);
}
