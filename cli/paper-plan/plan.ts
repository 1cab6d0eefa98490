/** The 7-day paper-trading plan over a backtest: what each day asks, and what was found. Pure. */
import type { DeskParams } from '../../schemas/desk-params.ts';
import { DAY_MS, MINUTE_MS, pairOf } from '../../schemas/primitives.ts';
import { sum } from '../../transforms/performance/figures.ts';
import { type Criterion, criteriaOf, MIN_TRADES, percent, type Verdict } from '../report/criteria.ts';
import type { Run } from '../report/folder.ts';
import { type Outcome, outcomesOf } from '../report/outcomes.ts';
import { atLeast, none, shareOf, upTo, within } from './limits.ts';
import { riskCriteria } from './risk.ts';
import { stressCriteria } from './stress.ts';

export interface PlanDay {
  readonly day: number;
  readonly title: string;
  readonly criteria: readonly Criterion[];
}

/** @param runs Variants of one strategy. That which earned most in the first half of the time is judged, its first book: the others were tuning. */
export function planOf(runs: readonly Run[]): {
  readonly judged: Run;
  readonly days: readonly PlanDay[];
} {
  const judged = runs.toSorted((a, b) => halves(b)[0] - halves(a)[0])[0]!;
  const outcomes = outcomesOf(judged.signals, judged.bars);
  return {
    judged,
    days: [
      { day: 1, title: 'Data', criteria: dataCriteria(judged) },
      { day: 2, title: 'Signals and exits', criteria: signalCriteria(judged) },
      { day: 3, title: 'Costs', criteria: costCriteria(judged) },
      { day: 4, title: 'Exhaustion and levels', criteria: accuracyCriteria(outcomes) },
      { day: 5, title: 'Risk', criteria: riskOf(judged) },
      {
        day: 6,
        title: 'Tuning, stress and outages',
        criteria: [tuning(runs, judged), gapEntries(judged), ...stressCriteria()],
      },
      { day: 7, title: 'Result', criteria: resultOf(judged) },
    ],
  };
}

export function countOf(days: readonly PlanDay[], verdict: Verdict): number {
  return sum(days.map(({ criteria }) => criteria.filter((each) => each.verdict === verdict).length));
}

function dataCriteria({ report: { quality, range, pairs } }: Run): Criterion[] {
  const minutes = (pairs.length * (range.toMs - range.warmUpFromMs)) / MINUTE_MS;
  return [
    upTo('Rows that cannot be read', 'none', quality.deadLetters, 0, String),
    upTo('Minutes incomplete', '≤ 1 %', quality.incompleteMinutes / minutes, 0.01, percent),
    within(
      'Traded time',
      '≥ 7 days',
      (range.toMs - range.fromMs) / DAY_MS,
      7,
      Number.POSITIVE_INFINITY,
      (days) => `${days.toFixed(1)} days`,
    ),
  ];
}

function signalCriteria(run: Run): Criterion[] {
  const {
    report: { range, pairs },
    signals,
  } = run;
  const pairDays = (pairs.length * (range.toMs - range.fromMs)) / DAY_MS;
  const trades = tradesOf(run);
  const by = (exit: string) => trades.filter((trade) => trade.exit === exit);
  const wrong = by('TP').filter(
    ({ tp, price, side }) => tp !== null && (side === 'LONG' ? price < tp : price > tp),
  );
  const late = by('SL').map(({ sl, price, side }) =>
    sl === null ? 0 : ((side === 'LONG' ? 1 : -1) * (sl - price)) / sl,
  );
  const isNear = (share: number) => share <= 0.001;
  return [
    within('Signals per pair and day', '2 to 6', signals.length / pairDays, 2, 6, two),
    within('Trades per pair and day', '2 to 6', trades.length / pairDays, 2, 6, two),
    upTo('TPs filled at a worse price', 'none', wrong.length, 0, (count) => `${count} of ${by('TP').length}`),
    atLeast(
      'SLs filled within 0.1 %',
      '≥ 95 %: bars open beyond the rest',
      shareOf(late, isNear),
      0.95,
      late.length,
    ),
  ];
}

function costCriteria(run: Run): Criterion[] {
  const trades = tradesOf(run);
  const notional = sum(trades.map(({ entry, size }) => entry * size));
  const unknown = trades.filter(({ isFundingKnown }) => !isFundingKnown).length;
  const slippage = notional === 0 ? null : sum(trades.map(({ slippageCost }) => slippageCost)) / notional / 2;
  const gross = trades.length < MIN_TRADES ? null : sum(trades.map((trade) => trade.gross));
  const known = sum(trades.map(({ fees, funding }) => fees - funding));
  return [
    slippage === null
      ? none('Slippage of a fill', '≤ 0.05 %')
      : upTo('Slippage of a fill', '≤ 0.05 %', slippage, 0.0005, (share) => percent(share, 3)),
    upTo('Trades with an unknown funding', 'none', unknown, 0, String),
    gross === null
      ? none('Gross covers fees and funding', 'gross above them')
      : {
          name: 'Gross covers fees and funding',
          wanted: 'gross above them',
          got: `gross ${gross.toFixed(2)}, costs ${known.toFixed(2)}`,
          verdict: gross > known ? 'PASS' : 'FAIL',
        },
  ];
}

function accuracyCriteria(outcomes: readonly Outcome[]): Criterion[] {
  const reversed = outcomes.flatMap(({ isReversed }) => isReversed ?? []);
  const held = outcomes.flatMap(({ isLevelHeld }) => isLevelHeld ?? []);
  const checks = ['volume_drop', 'double_wick', 'rsi_extreme', 'order_book_flip'] as const;
  return [
    coin('Signals that price followed', reversed),
    ...checks.map((check) => {
      const those = outcomes.filter(({ signal }) => signal.exhaustion_checks[check]);
      return coin(
        `… with ${check}`,
        those.flatMap(({ isReversed }) => isReversed ?? []),
      );
    }),
    atLeast(
      'Levels that held',
      '≥ 60 %',
      shareOf(held, (is) => is),
      0.6,
      held.length,
    ),
  ];
}

/** 0.25 % its way before 0.25 % against it: a coin does so half of the time. 95 % of the chance that a share has lies within 1.96 of its deviations. */
function coin(name: string, hits: readonly boolean[]): Criterion {
  const wanted = 'more than a coin, beyond chance';
  const share = shareOf(hits, (is) => is);
  if (share === null || hits.length < MIN_TRADES)
    return { name, wanted, got: `N/A: ${hits.length} signals`, verdict: 'N/A' };
  const low = share - 1.96 * Math.sqrt((share * (1 - share)) / hits.length);
  const got = `${percent(share, 1)} of ${hits.length}, at least ${percent(low, 1)}`;
  return { name, wanted, got, verdict: low > 0.5 ? 'PASS' : 'FAIL' };
}

function riskOf(run: Run): Criterion[] {
  const [params] = run.report.params.desk as readonly DeskParams[];
  const { withBias, along } = bookOf(run).biasAdherence;
  return [
    ...riskCriteria(tradesOf(run), params!),
    upTo(
      'Entered against a bias in force',
      'none',
      withBias - along,
      0,
      (count) => `${count} of ${withBias}`,
    ),
  ];
}

function tuning(runs: readonly Run[], judged: Run): Criterion {
  const what = { name: 'Best variant of the first half, in the second', wanted: 'net above 0' };
  if (runs.length < 2)
    return { ...what, got: 'N/A: one variant; give several, or see cst tune', verdict: 'N/A' };
  const [first, second] = halves(judged);
  const got = `${judged.variant} of ${runs.length}: ${first.toFixed(2)}, then ${second.toFixed(2)}`;
  return { ...what, got, verdict: second > 0 ? 'PASS' : 'FAIL' };
}

/** In spans of which data may be missing, by the ledger: through the graph and the desk of this very run. */
function gapEntries(run: Run): Criterion {
  const gaps = run.gaps.flatMap(({ kind, symbol, from, to }) =>
    kind === 'GAP' && from !== null && to !== null ? [{ pair: pairOf(symbol), from, to }] : [],
  );
  const entered = tradesOf(run).filter(({ pair, openedAt }) =>
    gaps.some((gap) => gap.pair === pair && openedAt > gap.from && openedAt <= gap.to),
  );
  return upTo(
    'Entries within gaps of the ledger',
    'none',
    entered.length,
    0,
    (n) => `${n}; ${gaps.length} gaps`,
  );
}

/** Net result of each half of the time. */
function halves(run: Run): [number, number] {
  const { fromMs, toMs } = run.report.range;
  const middle = (fromMs + toMs) / 2;
  const net = (isFirst: boolean) =>
    sum(
      tradesOf(run)
        .filter(({ closedAt }) => closedAt < middle === isFirst)
        .map((trade) => trade.net),
    );
  return [net(true), net(false)];
}

function resultOf(run: Run): Criterion[] {
  const { performance } = bookOf(run);
  const startEquity = performance.endEquity - performance.net;
  return criteriaOf({ performance, trades: tradesOf(run), startEquity, range: run.report.range });
}

function bookOf({ report }: Run) {
  return Object.values(report.books)[0]!;
}

function tradesOf({ report, trades }: Run) {
  const [book] = Object.keys(report.books);
  return trades.filter((trade) => trade.book === book);
}

function two(value: number): string {
  return value.toFixed(2);
}
