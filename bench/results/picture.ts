/** Pictures of docs/RESULTS.md: SVG on paper of its own, readable on dark pages and light ones. Pure. */
import { scaleLinear } from 'd3-scale';
import type { BacktestTrade } from '../../cli/backtest/desk-run.ts';
import { Random } from '../../connectors/random.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import { equityCurve } from '../../transforms/performance/equity.ts';
import { quantileOf } from '../../transforms/performance/statistics.ts';
import { intervalOf, partsOf } from './edge.ts';
import type { Result, Results } from './runs.ts';

const [WIDTH, HEIGHT] = [860, 440];
const START = 10_000;
const SAMPLES = 1_000;
/** Points of the band: more would not show. */
const STEPS = 60;
const INK = '#1f2933';
const PALE = '#9aa5b1';

interface Line {
  readonly name: string;
  readonly colour: string;
  readonly result: Result;
}

/** A group of texts and shapes on white. */
function page(title: string, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="${INK}">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${height}" rx="8" fill="#ffffff"/>`,
    `<text x="24" y="32" font-size="16" font-weight="600">${title}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

const path = (points: readonly (readonly [number, number])[]) =>
  points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

export function equityPicture({ range }: Results, lines: readonly Line[]): string {
  const x = scaleLinear([range.fromMs, range.toMs], [70, WIDTH - 190]);
  const y = scaleLinear([0, 11_000], [HEIGHT - 50, 60]);
  const grid = y
    .ticks(6)
    .flatMap((value) => [
      `<line x1="70" x2="${WIDTH - 190}" y1="${y(value)}" y2="${y(value)}" stroke="${PALE}" stroke-opacity="${value === START ? 1 : 0.35}"/>`,
      `<text x="62" y="${y(value) + 4}" text-anchor="end">${value.toLocaleString('en-US')}</text>`,
    ]);
  const days = Array.from(
    { length: 6 },
    (_, i) => Math.ceil(range.fromMs / DAY_MS) * DAY_MS + i * 6 * DAY_MS,
  );
  const dates = days
    .filter((ms) => ms < range.toMs)
    .map((ms) => `<text x="${x(ms)}" y="${HEIGHT - 26}" text-anchor="middle">${dayOf(ms)}</text>`);
  const first = lines[0]!;
  const area = band(first.result.trades).map(({ ts, low, high }) => [x(ts), y(low), y(high)] as const);
  const outline = [
    ...area.map(([at, low]) => [at, low] as const),
    ...area.toReversed().map(([at, , high]) => [at, high] as const),
  ];
  const drawn = lines.map(({ result, colour }, i) => {
    const points = equityCurve({ ts: range.fromMs, equity: START }, result.trades);
    const steps = points.map(({ ts, equity }) => [x(ts), y(equity)] as const);
    return `<path d="${path(steps)}" fill="none" stroke="${colour}" stroke-width="${i === 0 ? 2.5 : 1.5}"/>`;
  });
  const named = labels(lines, y);
  const shade = `<path d="${path(outline)}Z" fill="${first.colour}" fill-opacity="0.16"/>`;
  const title = 'Equity after costs, USDT, from 10,000; shaded: 95 % of resampled runs of the first';
  return page(title, HEIGHT, [...grid, ...dates, shade, ...drawn, ...named]);
}

/** Names where the lines end, apart from each other. */
function labels(lines: readonly Line[], y: (value: number) => number): string[] {
  const wanted = lines
    .map(({ name, colour, result }) => ({ name, colour, at: y(endOf(result)), end: endOf(result) }))
    .sort((a, b) => a.at - b.at);
  let last = 0;
  return wanted.map(({ name, colour, at, end }) => {
    last = Math.max(at + 4, last + 17);
    return `<text x="${WIDTH - 182}" y="${last.toFixed(1)}" fill="${colour}" font-weight="600">${name} ${Math.round(end).toLocaleString('en-US')}</text>`;
  });
}

const endOf = ({ report }: Result) => report.performance.endEquity;
const dayOf = (ms: number) => new Date(ms).toISOString().slice(5, 10);

/** Trades drawn again in blocks, each with its return on the equity it was made with. */
function band(trades: readonly BacktestTrade[]): { ts: number; low: number; high: number }[] {
  let equity = START;
  const returns = trades.map(({ net }) => {
    const share = net / equity;
    equity += net;
    return share;
  });
  const random = new Random(1);
  const jump = 1 / Math.cbrt(returns.length);
  const at = Array.from({ length: STEPS }, (_, i) => Math.round(((i + 1) * (trades.length - 1)) / STEPS));
  const runs = Array.from({ length: SAMPLES }, () => {
    let [place, worth] = [Math.floor(random.next() * returns.length), START];
    const path = returns.map(() => {
      worth *= 1 + returns[place]!;
      place =
        random.next() < jump ? Math.floor(random.next() * returns.length) : (place + 1) % returns.length;
      return worth;
    });
    return at.map((index) => path[index]!);
  });
  const bounds = at.map((index, i) => {
    const sorted = runs.map((run) => run[i]!).sort((a, b) => a - b);
    return { ts: trades[index]!.closedAt, low: quantileOf(sorted, 0.025), high: quantileOf(sorted, 0.975) };
  });
  return [{ ts: trades[0]!.openedAt, low: START, high: START }, ...bounds];
}

const MOVED = '#1d6fb8';
const NET = '#c2410c';

/** What a trade earns before and after costs, with intervals: is there anything there to be eaten by costs? */
export function edgePicture(rows: readonly { readonly name: string; readonly result: Result }[]): string {
  const height = 96 + rows.length * 44;
  const x = scaleLinear([-25, 15], [300, WIDTH - 40]);
  const axis = x
    .ticks(8)
    .flatMap((value) => [
      `<line x1="${x(value)}" x2="${x(value)}" y1="62" y2="${height - 40}" stroke="${PALE}" stroke-opacity="${value === 0 ? 1 : 0.35}"/>`,
      `<text x="${x(value)}" y="${height - 20}" text-anchor="middle">${value === 0 ? '0' : `${value < 0 ? '−' : '+'}${Math.abs(value)} bps`}</text>`,
    ]);
  const marks = rows.flatMap(({ name, result }, i) => {
    const y = 88 + i * 44;
    const parts = result.trades.map(partsOf);
    return [
      `<text x="286" y="${y + 4}" text-anchor="end">${name}</text>`,
      whisker(
        parts.map(({ moved }) => moved),
        x,
        y - 7,
        MOVED,
      ),
      whisker(
        parts.map(({ net }) => net),
        x,
        y + 7,
        NET,
      ),
    ];
  });
  const legend = `<text x="300" y="54"><tspan fill="${MOVED}" font-weight="600">● price moved, before costs</tspan> <tspan dx="16" fill="${NET}" font-weight="600">● net, after all costs</tspan></text>`;
  const title = 'A trade, mean and 95 % interval, bps of its notional';
  return page(title, height, [legend, ...axis, ...marks]);
}

function whisker(values: readonly number[], x: (value: number) => number, y: number, colour: string): string {
  const interval = intervalOf(values);
  if (interval === null) return '';
  const { mean, low, high } = interval;
  return `<line x1="${x(low).toFixed(1)}" x2="${x(high).toFixed(1)}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="3" stroke-opacity="0.55"/><circle cx="${x(mean).toFixed(1)}" cy="${y}" r="5" fill="${colour}"/>`;
}
