/** A run judged: verdicts of all minutes, and the counts that are printed. */
import { hash32 } from '../../connectors/random.ts';
import { simulatedBars } from '../../pipelines/simulated.fixture.ts';
import { warmCandles } from '../../pipelines/warm-start.ts';
import type { Candle } from '../../schemas/candle.ts';
import { MINUTE_MS, streamKey } from '../../schemas/primitives.ts';
import { type GraphResult, runGraph } from './candles.ts';
import { readLedger, secondsOf } from './ledger.ts';
import { judgeMinutes, type MinuteVerdict } from './verdict.ts';
import { type ChaosRun, START, SYMBOLS, VENUES } from './world.ts';

/** What nothing has published yet when the run ends. Unit: ms. */
const TAIL_MS = 3 * MINUTE_MS;
/** A month of bars is long to make where a market is lively. */
const WITH_LEVELS: readonly string[] = ['SOLUSDT', 'LTCUSDT'];

export interface SymbolReport {
  /** Connections of each stream. */
  readonly copies: number;
  readonly key: string;
  readonly verdicts: readonly MinuteVerdict[];
  readonly tradesRecovered: number;
  readonly lostSeconds: number;
}

export interface CopiesReport {
  readonly copies: number;
  readonly symbols: readonly SymbolReport[];
  readonly graph: GraphResult;
  /** Unreadable frames, by why. */
  readonly refused: Readonly<Record<string, number>>;
}

export async function judgeRun(run: ChaosRun): Promise<CopiesReport[]> {
  const history = await historyOf(run);
  const reports: CopiesReport[] = [];
  for (const [copies, lanes] of run.lanes) {
    const graph = await runGraph([lanes.bybit.published, lanes.kraken.published], history);
    const refused: Record<string, number> = {};
    const at = { market: run.endMs, network: run.endMs };
    for (const venue of VENUES)
      for (const [why, count] of Object.entries(lanes[venue].feed.stats(at).refused))
        refused[why] = (refused[why] ?? 0) + count;
    const symbols = VENUES.flatMap((venue) =>
      SYMBOLS[venue].map((symbol) => symbolReport(run, copies, venue, symbol, graph)),
    );
    reports.push({ copies, symbols, graph, refused });
  }
  return reports;
}

function symbolReport(
  { lanes, twins, endMs }: ChaosRun,
  copies: number,
  venue: (typeof VENUES)[number],
  symbol: string,
  graph: GraphResult,
): SymbolReport {
  const key = streamKey(venue, symbol);
  const events = lanes.get(copies)![venue].ledger.filter((event) => event.symbol === symbol);
  const loss = readLedger(events, endMs);
  const truth = (minute: number) => twins[venue].truth(symbol, minute);
  const judged = { minutes: graph.minutes.get(key) ?? new Map(), loss, truth };
  const verdicts = judgeMinutes(judged, START, endMs - TAIL_MS);
  return { copies, key, verdicts, tradesRecovered: loss.tradesRecovered, lostSeconds: secondsOf(loss.lost) };
}

/** What the graph must know to have levels from its first minute on. */
async function historyOf({ market }: ChaosRun): Promise<Candle[]> {
  return warmCandles({
    venue: 'bybit',
    symbols: WITH_LEVELS,
    startMs: START,
    fetchKlines: ({ symbol, interval, fromMs, toMs }) =>
      simulatedBars(market.of(symbol), interval, fromMs, toMs),
  });
}

/** Signals of bars that were not known whole when they closed. */
export function unfounded({ graph: { signals, minutes } }: CopiesReport): string[] {
  return signals
    .filter(({ venue, symbol, timestamp, entry }) => {
      const bar = minutes.get(streamKey(venue, symbol))?.get(timestamp - MINUTE_MS)?.first;
      return !(bar?.complete && bar.close === entry);
    })
    .map(({ id }) => id);
}

export function linesOf(run: ChaosRun, reports: readonly CopiesReport[]): string[] {
  const kinds = new Map<string, number>();
  for (const { fault } of run.faults) kinds.set(fault.kind, (kinds.get(fault.kind) ?? 0) + 1);
  const withheld = run.faults.reduce((sum, { tradesWithheld }) => sum + tradesWithheld, 0);
  return [
    `${run.faults.length} faults: ${[...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
    `${withheld} trades withheld by them, on whatever connection; digest ${hash32(run.digests.join())}`,
    ...reports.flatMap((report) => copiesLines(report)),
  ];
}

function copiesLines({ copies, symbols, graph, refused }: CopiesReport): string[] {
  const reasons = Object.entries(refused).map(([why, count]) => `${count} × ${why}`);
  const bases = new Set(graph.signals.map(({ symbol }) => symbol));
  return [
    `${copies} ${copies === 1 ? 'connection' : 'connections'} a stream:`,
    ...symbols.map((symbol) => `  ${symbolLine(symbol)}`),
    `  ${graph.signals.length} signals of ${bases.size} symbols`,
    `  dead letters: ${reasons.join('; ')}`,
  ];
}

function symbolLine({ key, verdicts, tradesRecovered, lostSeconds }: SymbolReport): string {
  const count = (is: MinuteVerdict['is']) => verdicts.filter((each) => each.is === is).length;
  const recovered = verdicts.filter(({ isRecovered }) => isRecovered);
  const corrected = verdicts.filter(({ is, wasWrong }) => is === 'right' && wasWrong);
  const revised = recovered.filter(({ isRevised }) => isRevised).length;
  return [
    `${key.padEnd(16)} ${verdicts.length} minutes: ${count('right')} right (${recovered.length} recovered`,
    `${revised} of them by revision`,
    `${corrected.length} after a revision that did not know)`,
    `${count('exchange')} by the exchange’s bar`,
    `${count('incomplete')} incomplete`,
    `${count('WRONG')} wrong`,
    `${count('UNEXPLAINED')} unexplained; ${tradesRecovered} trades recovered`,
    `${lostSeconds.toFixed(1)} s lost in the ledger`,
  ].join(', ');
}
