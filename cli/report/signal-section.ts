/** What a report tells of signals, entered or not: how often price did as they said. Pure. */
import type { ExhaustionCheck } from '../../schemas/feature-row.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import { STRATEGIES } from '../../schemas/scalp-signal.ts';
import { percent } from './criteria.ts';
import type { Run } from './folder.ts';
import { html, type Markup } from './markup.ts';
import { type Outcome, outcomesOf } from './outcomes.ts';
import { type Column, table } from './table.ts';

interface Row {
  readonly name: string;
  readonly outcomes: readonly Outcome[];
}

const CHECKS: Readonly<Record<ExhaustionCheck, string>> = {
  volume_drop: 'volume drop',
  double_wick: 'double wick',
  rsi_extreme: 'RSI extreme',
  order_book_flip: 'order-book flip',
};

export function signalSection({ signals, bars, report: { pairs, range } }: Run): Markup | null {
  if (signals.length === 0) return null;
  const outcomes = outcomesOf(signals, bars);
  const rows: Row[] = [
    { name: 'all', outcomes },
    ...STRATEGIES.map((name) => ({
      name,
      outcomes: outcomes.filter(({ signal }) => signal.strategy === name),
    })),
    ...Object.entries(CHECKS).map(([check, name]) => ({
      name: `with ${name}`,
      outcomes: outcomes.filter(({ signal }) => signal.exhaustion_checks[check as ExhaustionCheck]),
    })),
  ].filter((row) => row.outcomes.length > 0);
  const pairDays = (pairs.length * (range.toMs - range.fromMs)) / DAY_MS;
  const columns: readonly Column<Row>[] = [
    { name: 'signals', of: ({ name }) => name },
    number('count', (all) => String(all.length)),
    number('per pair and day', (all) => (all.length / pairDays).toFixed(2)),
    number('price followed', (all) => shareOf(all, ({ isReversed }) => isReversed)),
    number('level held', (all) => shareOf(all, ({ isLevelHeld }) => isLevelHeld)),
    number('breaks that were false', (all) => shareOf(all, ({ isFalseBreak }) => isFalseBreak)),
  ];
  return html`<section><h2>Signals, entered or not</h2><div class="card">${table('Within an hour of a signal', columns, rows)}
<p class="note">Price followed: 0.25 % the signal’s way came before 0.25 % against it; a coin does so half of the time. A level held until price had left it, or broke: a 1m close 0.15 % beyond it; false is a break from which a later close came back.</p></div></section>`;
}

function number(name: string, of: (all: readonly Outcome[]) => string): Column<Row> {
  return { name, isNumber: true, of: ({ outcomes }) => of(outcomes) };
}

/** Of those that were decided. */
function shareOf(all: readonly Outcome[], of: (outcome: Outcome) => boolean | null): string {
  const known = all.flatMap((outcome) => of(outcome) ?? []);
  return known.length === 0
    ? 'N/A'
    : `${percent(known.filter(Boolean).length / known.length, 1)} of ${known.length}`;
}
