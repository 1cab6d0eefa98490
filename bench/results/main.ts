/** `npm run results [folder]`: runs the backtests of docs/RESULTS.md where the folder lacks them, and writes its figures. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { realBars, ruleMarkets } from '../backtest-rule.ts';
import { doubts, signalTable } from './doubts.ts';
import { signalEdge } from './edge.ts';
import { edgePicture, equityPicture } from './picture.ts';
import { type Result, type Results, type RunName, resultsIn } from './runs.ts';
import { behindStops } from './stops.ts';
import { amounts, breakdown, costs, days, exits, overview, plan, refusals } from './tables.ts';

const DOCS = resolve(import.meta.dirname, '../../docs');
const PAGE = join(DOCS, 'RESULTS.md');

async function main(folder: string): Promise<void> {
  const bars = realBars();
  if (bars === null)
    throw new Error('Expected the 1m bars of five perpetuals, got none. Set CST_REAL_DATA to the real data.');
  const told = resultsIn(folder, bars);
  const markets = await ruleMarkets(bars);
  const shipped = bookOf(told, 'both', 'market');
  const edges = (['sr-exhaustion', 'champion'] as const).flatMap((name) => {
    const own = told.signals
      .filter(({ strategy }) => strategy === name)
      .toSorted((a, b) => a.timestamp - b.timestamp);
    const edge = signalEdge(own, markets);
    return edge === null ? [] : [[name, edge] as const];
  });
  write({
    data: `Data hash \`${told.dataHash}\`, ${new Date(told.range.fromMs).toISOString().slice(0, 16)} to ${new Date(told.range.toMs).toISOString().slice(0, 16)} UTC.`,
    overview: overview(told),
    costs: costs(told),
    amounts: amounts(told),
    signals: signalTable(edges),
    breakdown: breakdown(shipped.trades),
    exits: exits(shipped.trades),
    days: days(shipped.trades, told.range),
    refusals: refusals(told),
    doubts: doubts(shipped.trades, markets),
    stops: await behindStops(),
    plan: plan(told),
  });
  draw(told);
}

function bookOf({ results }: Results, run: RunName, book: string): Result {
  return results.find((result) => result.run === run && result.book === book)!;
}

/** Each part stands between two comments of its name; what stands around them is written by people. */
function write(parts: Readonly<Record<string, string>>): void {
  let page = readFileSync(PAGE, 'utf8');
  for (const [name, text] of Object.entries(parts)) {
    const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
    const [before, after] = [page.indexOf(begin), page.indexOf(end)];
    if (before < 0 || after < before) throw new Error(`Expected "${begin}" and "${end}" in ${PAGE}.`);
    page = `${page.slice(0, before)}${begin}\n${text}\n${page.slice(after)}`;
  }
  writeFileSync(PAGE, page);
}

function draw(told: Results): void {
  const lines = [
    { name: 'both', colour: '#1f2933', result: bookOf(told, 'both', 'market') },
    { name: 'sr-exhaustion', colour: '#1d6fb8', result: bookOf(told, 'sr-exhaustion', 'market') },
    { name: 'champion', colour: '#c2410c', result: bookOf(told, 'champion', 'market') },
    { name: 'no costs', colour: '#15803d', result: bookOf(told, 'free', 'free') },
  ];
  writeFileSync(join(DOCS, 'results-equity.svg'), equityPicture(told, lines));
  const rows = [
    { name: 'both, as shipped', result: bookOf(told, 'both', 'market') },
    { name: 'sr-exhaustion', result: bookOf(told, 'sr-exhaustion', 'market') },
    { name: 'champion', result: bookOf(told, 'champion', 'market') },
    { name: 'both, entries rest', result: bookOf(told, 'both', 'limit') },
    { name: 'both, half the spread', result: bookOf(told, 'half-spread', 'market') },
    { name: 'both, no costs', result: bookOf(told, 'free', 'free') },
  ];
  writeFileSync(join(DOCS, 'results-edge.svg'), edgePicture(rows));
}

await main(resolve(process.argv[2] ?? '.cst/results'));
