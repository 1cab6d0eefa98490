/** Everything about one signal: why it fired, why it was refused, what it was decided on, its picture and its way. */
import { h, type JSX } from 'preact';
import type { App } from '../app.ts';
import { CHECK_LETTERS } from '../chart/marks.ts';
import { dateTime, duration, fixed, number, percent, time, words } from '../format.ts';
import { hashOf } from '../route.ts';
import type { Outcome, SignalDetail } from '../wire.ts';
import { amount, facts, failed, head, loading, num, section, sideTag } from './parts.ts';

export function inspector(app: App): JSX.Element {
  const { detail, place } = app;
  if (detail === null) return loading('the signal');
  if ('problem' in detail) return failed(detail.problem, () => app.openDetail());
  const { signal } = detail.value;
  return h(
    'article',
    { class: 'inspector', 'data-inspects': signal.id, 'aria-label': `${signal.side} ${signal.pair}` },
    h(
      'header',
      null,
      sideTag(signal.side),
      h('h2', null, signal.pair),
      h('span', { class: 'quiet' }, `${signal.strategy} · ${dateTime(signal.timestamp)}`),
      h(
        'a',
        {
          class: 'close',
          href: hashOf({ ...place, signal: null }),
          'aria-label': 'Close',
          title: 'Close (Esc)',
        },
        '×',
      ),
    ),
    h('p', { class: 'reason' }, signal.signal_reason),
    checks(detail.value),
    plan(detail.value, app.market?.decimals(signal.pair) ?? 2),
    outcomes(detail.value.outcomes, app.market?.decimals(signal.pair) ?? 2),
    picture(detail.value),
    conditions(detail.value),
    market(detail.value),
    trace(detail.value),
    alert(detail.value),
  );
}

function checks({ signal }: SignalDetail): JSX.Element {
  const items = Object.entries(CHECK_LETTERS).map(([name, letter]) => {
    const holds = signal.exhaustion_checks[name as keyof typeof CHECK_LETTERS];
    const said = holds ? 'holds' : 'does not hold';
    return h(
      'li',
      { key: name, class: holds ? 'holds' : '' },
      h('b', { 'aria-hidden': 'true' }, letter),
      words(name),
      h('span', { class: 'unseen' }, `: ${said}`),
    );
  });
  return h('ul', { class: 'checks', 'aria-label': 'Exhaustion checks' }, items);
}

function plan({ signal }: SignalDetail, decimals: number): JSX.Element {
  const { entry, tp, sl, confidence, leverage } = signal;
  const to = (price: number) => [fixed(price, decimals), h('small', null, percent(price / entry - 1))];
  return h(
    'dl',
    { class: 'plan' },
    h('div', { class: 'entry' }, h('dt', null, 'Entry'), h('dd', null, fixed(entry, decimals))),
    h('div', { class: 'tp' }, h('dt', null, 'Take profit'), h('dd', null, to(tp))),
    h('div', { class: 'sl' }, h('dt', null, 'Stop loss'), h('dd', null, to(sl))),
    h('div', null, h('dt', null, 'Confidence'), h('dd', null, `${Math.round(confidence * 100)} %`)),
    h('div', null, h('dt', null, 'Leverage'), h('dd', null, `${leverage}×`)),
  );
}

function outcomes(all: readonly Outcome[], decimals: number): JSX.Element {
  const items = all.map(({ book, state, refusal, reason, halved, entry, exit }) =>
    h(
      'li',
      { key: book, class: state.toLowerCase() },
      h('strong', null, refusal ? `Refused: ${words(refusal)}` : words(state)),
      halved && h('span', { class: 'tag' }, 'half size'),
      all.length > 1 && h('span', { class: 'quiet' }, book),
      h('p', null, reason),
      entry && h('p', { class: 'quiet' }, `In at ${fixed(entry.price, decimals)} · ${time(entry.ts)}`),
      exit &&
        h(
          'p',
          { class: 'quiet' },
          `${exit.how} at ${fixed(exit.price, decimals)} · ${time(exit.ts)} · `,
          amount(exit.pnl),
        ),
    ),
  );
  const none = h('p', { class: 'quiet' }, 'No book has decided on it.');
  return section('Desk', items.length > 0 ? h('ul', { class: 'outcomes' }, items) : none);
}

function picture({ chart, signal }: SignalDetail): JSX.Element | null {
  if (chart === null) return null;
  const alt = `Chart of the signal: ${signal.side} ${signal.pair}`;
  return section(
    'Picture',
    h(
      'a',
      { href: chart, target: '_blank', rel: 'noopener' },
      h('img', { class: 'picture', src: chart, alt, width: 1024, height: 1280, loading: 'lazy' }),
    ),
  );
}

function conditions({ signal }: SignalDetail): JSX.Element {
  const rows = Object.entries(signal.entry_conditions_met).map(
    ([name, value]) => [name, shown(value)] as const,
  );
  return section('Why it fired', facts(rows.map(([name, value]) => [words(name), value])));
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'unknown';
  if (typeof value === 'number') return number(value);
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

function market({ signal, features, levels, bias }: SignalDetail): JSX.Element {
  const row = (tell: (of: NonNullable<typeof features>) => string) =>
    features === null ? 'unknown' : tell(features);
  return section(
    'Decided on',
    facts([
      ['RSI-7 / RSI-14', row(({ rsi7, rsi14 }) => `${shown(rsi7)} / ${shown(rsi14)}`)],
      ['Volume / EMA-20', row(({ volumeRatio }) => `${shown(volumeRatio)}×`)],
      [
        'Book 60 s → 10 s',
        row(
          ({ bookImbalance60s, bookImbalance10s }) =>
            `${shown(bookImbalance60s)} → ${shown(bookImbalance10s)}`,
        ),
      ],
      ['Trend', words((levels?.trend ?? 'unknown').toLowerCase())],
      ['Levels known', levels ? `${levels.levels.length}, of ${time(levels.asOf).slice(0, 5)}` : 'none'],
      ['Bias', bias?.bias ?? 'none'],
      ['Coverage', percent(features?.coverage, 0).replace('+', '')],
      ['Parameters', h('code', null, signal.params_hash)],
      ['Inputs', h('code', null, signal.inputs_hash)],
    ]),
  );
}

function alert({ alert }: SignalDetail): JSX.Element | null {
  if (alert === null) return null;
  return h(
    'details',
    null,
    h('summary', null, 'Alert as it was sent'),
    h('pre', { class: 'alert', tabIndex: 0 }, alert),
  );
}

function trace({ trace }: SignalDetail): JSX.Element | null {
  if (trace === null || trace.length === 0) return null;
  const whole = Math.max(
    1,
    trace.reduce((sum, { ms }) => sum + ms, 0),
  );
  const rows = trace.map(({ stage, start, ms }) =>
    h(
      'tr',
      { key: `${stage} ${start}` },
      h('th', { scope: 'row' }, words(stage)),
      h('td', null, h('meter', { min: 0, max: whole, value: ms, 'aria-label': `${stage}: ${duration(ms)}` })),
      num(duration(ms)),
    ),
  );
  return section(
    'From tick to alert',
    h('table', { class: 'trace' }, head('Stage', 'Share', '#Took'), h('tbody', null, rows)),
  );
}
