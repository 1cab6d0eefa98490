/** What a report tells of one book: verdicts, figures, curves, tables, trades. Pure. */
import { moneyText } from '../../functions/texts.ts';
import { equityCurve } from '../../transforms/performance/equity.ts';
import { sum } from '../../transforms/performance/figures.ts';
import type { BacktestTrade } from '../backtest/desk-run.ts';
import type { NearBar } from '../backtest/near-bars.ts';
import type { BookReport } from '../backtest/report.ts';
import { amount, decimal } from '../figures.ts';
import { criteriaOf, percent } from './criteria.ts';
import { curveOf } from './drawing/curve.ts';
import { tradeChart, utc } from './drawing/trade-chart.ts';
import { type Dimension, type Group, groupsBy } from './groups.ts';
import { html, type Markup } from './markup.ts';
import { type Column, table } from './table.ts';

export interface BookSection {
  readonly title: string;
  /** Of its heading. */
  readonly id: string;
  readonly book: BookReport;
  readonly trades: readonly BacktestTrade[];
  readonly startEquity: number;
  readonly range: { readonly fromMs: number; readonly toMs: number };
  readonly bars: ReadonlyMap<string, readonly NearBar[]>;
}

/** Trades drawn: so many of the best, and of the worst. */
const DRAWN = 9;

const TABLES: readonly (readonly [Dimension, string])[] = [
  ['pair', 'By pair'],
  ['strategy', 'By strategy'],
  ['side', 'By side'],
  ['exit', 'By exit'],
  ['trend', 'By trend at the signal'],
  ['volatility', 'By volatility at the signal'],
  ['day', 'By day of exit (UTC)'],
  ['hour', 'By hour of entry (UTC)'],
];

export function bookSection(section: BookSection): Markup {
  const { title, id, book, trades } = section;
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${figuresOf(section)}
${verdicts(section)}
<div class="card">${curvesOf(section)}</div>
<div class="columns"><div class="card">${costs(book)}</div><div class="card">${refusals(book)}</div></div>
<div class="columns">${TABLES.map(([dimension, caption]) => html`<div class="card">${groupTable(caption, groupsBy(trades, dimension))}</div>`)}</div>
${charts(section)}
<div class="card trades">${tradesTable(trades)}</div>
${openOnes(book)}</section>`;
}

function figuresOf({ book: { performance: p, decisions, biasAdherence } }: BookSection): Markup {
  const interval = p.expectancyInterval;
  const range = interval && `95 % within ${moneyText(interval.low)} and ${moneyText(interval.high)}`;
  const cards: readonly (readonly [string, string, string, number?])[] = [
    ['Net result', moneyText(p.net), `${percent(p.netReturn)} of the start`, p.net],
    ['Win rate', orNone(p.winRate, percent), `${p.wins} of ${p.trades} trades`],
    ['Profit factor', orNone(p.profitFactor, two), 'gains over losses'],
    [
      'Expectancy',
      orNone(p.expectancy, moneyText),
      range ?? 'too few trades for an interval',
      p.expectancy ?? 0,
    ],
    ['Average win', orNone(p.averageWin, moneyText), `average loss ${orNone(p.averageLoss, moneyText)}`],
    ['Max drawdown', percent(p.maxDrawdown.share), drawdownText(p.maxDrawdown)],
    ['Sharpe', orNone(p.sharpe, two), 'of daily returns, × √365'],
    ['Sortino', orNone(p.sortino, two), 'of daily returns, × √365'],
    ['Deflated Sharpe', orNone(p.deflatedSharpe, two), 'probability that it is more than luck'],
    ['Exposure', percent(p.exposure), 'of the time with a position'],
    ['Trades', String(p.trades), `${orNone(p.tradesPerPairAndDay, two)} per pair and day`],
    [
      'Signals',
      amountOf(decisions.signals),
      `${amountOf(decisions.entered)} entered, ${decisions.unfilled} of them unfilled`,
    ],
    ['With a bias in force', String(biasAdherence.withBias), `${biasAdherence.along} of them along it`],
  ];
  return html`<dl class="figures">${cards.map(
    ([name, value, note, sign = 0]) =>
      html`<div><dt>${name}</dt><dd class="${sign > 0 ? 'up' : sign < 0 ? 'down' : 'plain'}">${value}</dd><dd class="note">${note}</dd></div>`,
  )}</dl>`;
}

function drawdownText({ from, to, recoveredAt }: BookReport['performance']['maxDrawdown']): string {
  if (from === null || to === null) return 'equity never fell';
  const end = recoveredAt === null ? 'not recovered' : `recovered ${utc(recoveredAt).slice(0, 10)}`;
  return `${utc(from).slice(0, 10)} to ${utc(to).slice(0, 10)}, ${end}`;
}

function verdicts(section: BookSection): Markup {
  const criteria = criteriaOf({ ...section, performance: section.book.performance });
  return html`<h3>Criteria of the 7-day plan</h3><ul class="verdicts">${criteria.map(
    ({ name, wanted, got, verdict }) =>
      html`<li class="${verdict === 'N/A' ? 'unknown' : verdict.toLowerCase()}"><b>${verdict}</b> <span>${name} <small>${wanted}</small></span> <output>${got}</output></li>`,
  )}</ul>`;
}

function curvesOf({ trades, startEquity, range }: BookSection): Markup {
  const curve = equityCurve({ ts: range.fromMs, equity: startEquity }, trades);
  let peak = startEquity;
  const falls = curve.map(({ ts, equity }) => {
    peak = Math.max(peak, equity);
    return [ts, equity / peak - 1] as const;
  });
  const equity = curve.map((point) => [point.ts, point.equity] as const);
  const whole = (value: number) => value.toLocaleString('en-US');
  return html`${curveOf({ title: 'Equity, realised at exits', className: 'equity', points: equity, ...range, base: startEquity, format: whole })}
${curveOf({ title: 'Drawdown from the highest equity before', className: 'drawdown', points: falls, ...range, base: 0, format: (value) => percent(value, 1) })}`;
}

function costs({ performance: p }: BookReport): Markup {
  const unknown = p.fundingUnknown === 0 ? '' : `, unknown for ${p.fundingUnknown} trades`;
  const rows = [
    { name: 'Price moves before slippage', value: p.gross + p.slippageCost },
    { name: 'Slippage', value: -p.slippageCost },
    { name: 'Gross', value: p.gross },
    { name: 'Fees', value: -p.fees },
    { name: `Funding${unknown}`, value: p.funding },
  ];
  const columns: readonly Column<(typeof rows)[number]>[] = [
    { name: 'What', of: ({ name }) => name },
    { name: 'Amount', isNumber: true, of: ({ value }) => moneyText(value), sign: ({ value }) => value },
    {
      name: 'A trade',
      isNumber: true,
      of: ({ value }) => (p.trades === 0 ? 'N/A' : moneyText(value / p.trades)),
    },
  ];
  return table('From price moves to the net result', columns, rows, { name: 'Net', value: p.net });
}

function refusals({ decisions }: BookReport): Markup {
  const all = Object.entries(decisions.refusals).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const columns: readonly Column<readonly [string, number]>[] = [
    { name: 'Reason', of: ([reason]) => reason },
    { name: 'Signals', isNumber: true, of: ([, count]) => amountOf(count) },
    { name: 'Share', isNumber: true, of: ([, count]) => percent(count / decisions.signals, 1) },
  ];
  return table('Refusals by reason', columns, all, ['All', sum(all.map(([, count]) => count))]);
}

function groupTable(caption: string, groups: readonly Group[]): Markup {
  const columns: readonly Column<Group>[] = [
    { name: caption.replace(/^By /, '').split(' ')[0]!, of: ({ name }) => name },
    { name: 'trades', isNumber: true, of: ({ trades }) => trades },
    { name: 'won', isNumber: true, of: ({ winRate }) => orNone(winRate, (share) => percent(share, 1)) },
    { name: 'net', isNumber: true, of: ({ net }) => moneyText(net), sign: ({ net }) => net },
    { name: 'a trade', isNumber: true, of: ({ expectancy }) => orNone(expectancy, moneyText) },
    { name: 'profit f.', isNumber: true, of: ({ profitFactor }) => orNone(profitFactor, two) },
    { name: 'fees', isNumber: true, of: ({ fees }) => amount(fees) },
    { name: 'slippage', isNumber: true, of: ({ slippageCost }) => amount(slippageCost) },
  ];
  return table(caption, columns, groups);
}

function charts({ trades, bars }: BookSection): Markup | null {
  if (trades.length === 0) return null;
  const sorted = trades.toSorted((a, b) => b.net - a.net);
  const half = Math.min(DRAWN, Math.floor(sorted.length / 2));
  const drawn = (some: readonly BacktestTrade[]) =>
    html`<div class="charts">${some.map((trade) => tradeChart(trade, bars.get(trade.pair) ?? []))}</div>`;
  return html`<h3>Best trades</h3>${drawn(sorted.slice(0, sorted.length - half).slice(0, DRAWN))}
<h3>Worst trades</h3>${drawn(sorted.slice(sorted.length - half).reverse())}`;
}

function tradesTable(trades: readonly BacktestTrade[]): Markup {
  const number = (name: string, of: (trade: BacktestTrade) => string): Column<BacktestTrade> => ({
    name,
    of,
    isNumber: true,
  });
  const columns: readonly Column<BacktestTrade>[] = [
    { name: 'opened (UTC)', of: ({ openedAt }) => utc(openedAt) },
    { name: 'pair', of: ({ pair }) => pair },
    { name: 'strategy', of: ({ strategy }) => strategy },
    { name: 'side', of: ({ side }) => side },
    { name: 'exit', of: ({ exit }) => exit },
    number('minutes', ({ openedAt, closedAt }) => String(Math.round((closedAt - openedAt) / 60_000))),
    number('entry', ({ entry }) => decimal(entry)),
    number('left at', ({ price }) => decimal(price)),
    number('size', ({ size }) => decimal(Number(size.toPrecision(5)))),
    number('gross', ({ gross }) => moneyText(gross)),
    number('fees', ({ fees }) => amount(fees)),
    number('funding', ({ funding, isFundingKnown }) => (isFundingKnown ? moneyText(funding) : 'unknown')),
    number('slippage', ({ slippageCost }) => amount(slippageCost)),
    { ...number('net', ({ net }) => moneyText(net)), sign: ({ net }) => net },
    { name: 'trend', of: ({ trend }) => trend ?? 'UNKNOWN' },
    { name: 'bias', of: ({ bias }) => bias ?? '–' },
  ];
  return table('All trades', columns, trades);
}

function openOnes({ open }: BookReport): Markup | null {
  if (open.length === 0) return null;
  const columns: readonly Column<(typeof open)[number]>[] = [
    { name: 'pair', of: ({ pair }) => pair },
    { name: 'side', of: ({ side }) => side },
    { name: 'since (UTC)', of: ({ since }) => utc(since) },
    { name: 'for', of: ({ status }) => status },
    { name: 'entry', isNumber: true, of: ({ entry }) => decimal(entry) },
    { name: 'size', isNumber: true, of: ({ size }) => decimal(size) },
  ];
  return html`<div class="card">${table('Still open when history ended, in no figure', columns, open)}</div>`;
}

function orNone(value: number | null, format: (value: number) => string): string {
  return value === null ? 'N/A' : format(value);
}
function two(value: number): string {
  return value.toFixed(2).replace('-', '−');
}
function amountOf(count: number): string {
  return count.toLocaleString('en-US');
}
