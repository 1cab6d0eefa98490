/** The event backtest: the live graph, MACRO engine and desk over history, with a clock that the history drives. */
import { ConfigError } from '../../schemas/errors.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { wireJson } from '../../schemas/wire-json.ts';
import { type BacktestTrade, DeskRun } from './desk-run.ts';
import { fromFiles, fromFrames } from './inputs.ts';
import { Market } from './market.ts';
import type { BacktestOptions } from './options.ts';
import { BacktestOutput } from './output.ts';
import { type BacktestReport, reportOf } from './report.ts';
import { Tally } from './tally.ts';

/**
 * The same files and options give the same bytes in `out`, run for run.
 * @throws ConfigError where a file is wrong or holds nothing of the time range. @throws UpstreamError of the folder.
 */
export async function backtest(options: BacktestOptions): Promise<BacktestReport> {
  const output = new BacktestOutput(options.out);
  try {
    return await run(options, output);
  } catch (error) {
    output.abandon();
    throw error;
  }
}

async function run(options: BacktestOptions, output: BacktestOutput): Promise<BacktestReport> {
  const { desk: config, input, params } = options;
  const tally = new Tally(config.books.map(({ book }) => book));
  const fundings = input.kind === 'files' ? input.fundings : new Map();
  const recordedBooks = input.kind === 'files' ? null : { barDelayMs: params.market.allowedDisorderMs };
  const market: Market = new Market({ ...options, fundings, recordedBooks }, output, () => desk);
  const desk: DeskRun = new DeskRun({
    config,
    onEvent(event) {
      tally.event(event);
      output.line('position-events', wireJson(PositionEvent, event));
    },
    onTrade(trade) {
      tally.trade(trade);
      output.line('trades', tradeJson(trade));
      output.line('equity', equityJson(trade));
    },
    onInput: options.onInput,
    regimeOf: (pair) => market.regimeOf(pair),
  });
  const read =
    input.kind === 'files'
      ? await fromFiles(options, input, market)
      : await fromFrames(options, input, market);
  market.ledger.end();
  const counted = { ...read, deadLetters: output.count('dead-letters') };
  assertTraded(input, market, counted);
  let report: BacktestReport | undefined;
  output.finish((sha256) => {
    report = reportOf({ options, market, tally, state: desk.state, counted, sha256 });
    return report;
  });
  return report!;
}

/** An empty result would read as a strategy that never trades. */
function assertTraded(
  input: BacktestOptions['input'],
  { span, unreadable }: Market,
  { skipped, deadLetters }: { readonly skipped: number; readonly deadLetters: number },
): void {
  const { fromMs, toMs } = input.kind === 'files' ? input : { fromMs: undefined, toMs: undefined };
  if (span.toMs > Math.max(fromMs ?? 0, 0) && span.fromMs < (toMs ?? Number.POSITIVE_INFINITY)) return;
  const iso = (ms: number) => new Date(ms).toISOString();
  const found = Number.isFinite(span.toMs) ? `bars from ${iso(span.fromMs)} to ${iso(span.toMs)}` : 'none';
  const outside = skipped > 0 ? ` ${skipped} rows lie outside it.` : '';
  const bad = deadLetters > 0 ? ` ${deadLetters} rows cannot be read, the first for ${unreadable}.` : '';
  throw new ConfigError(
    `Expected bars within the time range, got ${found}.${outside}${bad} Check --timerange and files.`,
  );
}

function tradeJson(trade: BacktestTrade): string {
  const { openedAt, closedAt, ...rest } = trade;
  return JSON.stringify({
    openedAt: new Date(openedAt).toISOString(),
    closedAt: new Date(closedAt).toISOString(),
    ...rest,
  });
}

function equityJson({ closedAt, book, equity }: BacktestTrade): string {
  return JSON.stringify({ ts: new Date(closedAt).toISOString(), book, equity });
}
