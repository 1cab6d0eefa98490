/** What a backtest tells of itself: what it was made of, what it assumed, what it refused and what it earned. */
import { z } from 'zod';
import { Random } from '../../connectors/random.ts';
import type { DeskState } from '../../functions/trade-desk/state.ts';
import {
  BacktestAssumptions,
  CANDLE_ASSUMPTIONS,
  FRAME_ASSUMPTIONS,
} from '../../schemas/backtest-assumptions.ts';
import { DeskParams } from '../../schemas/desk-params.ts';
import { shortHash } from '../../schemas/hash.ts';
import { MacroParams } from '../../schemas/macro-params.ts';
import { SignalParams } from '../../schemas/params.ts';
import type { PositionSide } from '../../schemas/primitives.ts';
import { type Figures, figuresBy } from '../../transforms/performance/figures.ts';
import { type Performance, performanceOf } from '../../transforms/performance/performance.ts';
import { canonicalJson } from '../../transforms/strategies/hashes.ts';
import { dataHashOf } from './data-hash.ts';
import type { Read } from './inputs.ts';
import type { Market } from './market.ts';
import type { BacktestOptions, DataSource } from './options.ts';
import type { BookTally, Decisions, Tally } from './tally.ts';

export interface OpenPosition {
  readonly pair: string;
  readonly side: PositionSide;
  readonly status: 'WORKING' | 'OPEN';
  readonly entry: number;
  readonly size: number;
  /** Unit: ms since the epoch. */
  readonly since: number;
}

export interface BookReport {
  readonly decisions: Decisions;
  readonly performance: Performance;
  readonly byStrategy: Readonly<Record<string, Decisions & Partial<Figures>>>;
  readonly byPair: Readonly<Record<string, Decisions & Partial<Figures>>>;
  /** Share of entries for which a bias was in force, and that share's side was theirs: all of them, or a gate failed. */
  readonly biasAdherence: { readonly withBias: number; readonly along: number };
  /** Still open when history ended: in no figure. */
  readonly open: readonly OpenPosition[];
}

export interface BacktestReport {
  readonly version: string;
  /** Of the bars that were traded on. Unit: ms since the epoch. */
  readonly range: { readonly fromMs: number; readonly toMs: number; readonly warmUpFromMs: number };
  readonly pairs: readonly string[];
  /** Variants that were tried side by side. */
  readonly trials: number;
  readonly data: { readonly hash: string; readonly files: readonly DataSource[] };
  readonly paramsHash: Readonly<Record<'signals' | 'desk' | 'macro' | 'assumptions', string>>;
  readonly params: { readonly signals: object; readonly desk: object; readonly macro: object };
  readonly assumptions: { readonly values: BacktestAssumptions; readonly stated: readonly string[] };
  readonly quality: Read & {
    readonly deadLetters: number;
    readonly incompleteMinutes: number;
    readonly silentMinutes: number;
  };
  readonly macro: Market['slots'];
  readonly books: Readonly<Record<string, BookReport>>;
  /** SHA-256 of the other files. */
  readonly files: Readonly<Record<string, string>>;
}

export interface ReportParts {
  readonly options: BacktestOptions;
  readonly market: Market;
  readonly tally: Tally;
  readonly state: DeskState;
  readonly counted: Omit<BacktestReport['quality'], 'incompleteMinutes' | 'silentMinutes'>;
  readonly sha256: Readonly<Record<string, string>>;
}

/** Of the bootstrap: chance is the same in every run. */
const SEED = 1;

export function reportOf(parts: ReportParts): BacktestReport {
  const { options, market, tally, state, counted, sha256 } = parts;
  const { params, desk, macro, assumptions, data, input, trials = 1 } = options;
  const { pairs } = market;
  const { incompleteMinutes, silentMinutes } = market.ledger;
  const range = {
    fromMs: Math.max((input.kind === 'files' ? input.fromMs : undefined) ?? 0, market.span.fromMs),
    toMs: market.span.toMs,
    warmUpFromMs: market.span.fromMs,
  };
  const books = desk.books.map((book): [string, BookReport] => [
    book.book,
    bookReport(tally.books.get(book.book)!, book, state, trials, { ...range, pairs: pairs.length }),
  ]);
  const told = {
    signals: z.encode(SignalParams, params),
    desk: desk.books.map((book) => z.encode(DeskParams, book)),
    macro: z.encode(MacroParams, macro),
  };
  const hash = (value: unknown) => shortHash(canonicalJson(value));
  return {
    version: options.code,
    range,
    pairs,
    trials,
    data: { hash: dataHashOf(data), files: data },
    paramsHash: {
      signals: hash(told.signals),
      desk: hash(told.desk),
      macro: hash(told.macro),
      assumptions: hash(z.encode(BacktestAssumptions, assumptions)),
    },
    params: told,
    assumptions: {
      values: assumptions,
      stated: input.kind === 'files' ? CANDLE_ASSUMPTIONS : FRAME_ASSUMPTIONS,
    },
    quality: { ...counted, incompleteMinutes, silentMinutes },
    macro: market.slots,
    books: Object.fromEntries(books),
    files: sha256,
  };
}

function bookReport(
  tally: BookTally,
  { book, risk }: DeskParams,
  state: DeskState,
  trials: number,
  span: { readonly fromMs: number; readonly toMs: number; readonly pairs: number },
): BookReport {
  const { trades } = tally;
  const random = new Random(SEED);
  const held = state.books[book]?.positions ?? [];
  const withBias = trades.filter(({ bias }) => bias !== null);
  const performance = performanceOf(trades, {
    startEquity: risk.startEquity,
    ...span,
    random: () => random.next(),
  });
  // How far the others are from this one is not known here: as if it were alone, it would flatter.
  return {
    decisions: tally.all,
    performance: trials === 1 ? performance : { ...performance, deflatedSharpe: null },
    byStrategy: merged(
      tally.byStrategy,
      figuresBy(trades, ({ strategy }) => strategy),
    ),
    byPair: merged(
      tally.byPair,
      figuresBy(trades, ({ pair }) => pair),
    ),
    biasAdherence: {
      withBias: withBias.length,
      along: withBias.filter(({ bias, side }) => bias === side).length,
    },
    open: held.map(({ pair, side, status, entry, size, since }) => ({
      pair,
      side,
      status,
      entry,
      size,
      since,
    })),
  };
}

/** By name, in order of names. */
function merged(
  decisions: ReadonlyMap<string, Decisions>,
  figures: readonly (readonly [string, Figures])[],
): Record<string, Decisions & Partial<Figures>> {
  const known = new Map(figures);
  const names = [...decisions.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, { ...decisions.get(name)!, ...known.get(name) }]));
}
