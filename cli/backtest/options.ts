/** What a backtest is made of. */
import type { Funding } from '../../connectors/files/funding.ts';
import type { Journal } from '../../connectors/journal/reader.ts';
import type { DeskInput } from '../../functions/trade-desk/input.ts';
import type { ReplayFile } from '../../pipelines/replay/stream.ts';
import type { BacktestAssumptions } from '../../schemas/backtest-assumptions.ts';
import type { Candle } from '../../schemas/candle.ts';
import type { DeskConfig } from '../../schemas/desk-params.ts';
import type { MacroParams } from '../../schemas/macro-params.ts';
import type { SignalParams } from '../../schemas/params.ts';
import type { Interval, Venue } from '../../schemas/primitives.ts';

/** A file that was read. */
export interface DataSource {
  /** Null: of all. */
  readonly symbol: string | null;
  /** Its name without its folder. */
  readonly name: string;
  readonly sha256: string;
}

/** What is to be tried. */
export interface Rules {
  readonly params: SignalParams;
  readonly desk: DeskConfig;
  readonly macro: MacroParams;
  readonly assumptions: BacktestAssumptions;
}

/** Recorded trades or 1m bars. */
export interface FilesInput {
  readonly kind: 'files';
  readonly files: readonly ReplayFile[];
  /** Bars of this length; left out: the files hold trades. */
  readonly interval: Interval | undefined;
  /** Signals of bars that close in (fromMs, toMs] are traded. Unit: ms since the epoch; undefined: all there is. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Settled fundings by symbol; those of others are not known. */
  readonly fundings: ReadonlyMap<string, readonly Funding[]>;
}

/** Raw frames of an exchange, which carry books and fundings. */
export interface FramesInput {
  readonly kind: 'frames';
  readonly journal: Journal;
}

export interface BacktestOptions extends Rules {
  readonly input: FilesInput | FramesInput;
  readonly venue: Venue;
  /** Closed candles from before `fromMs`, or the recording; where there are any, files are read from there on. */
  readonly history: readonly Candle[];
  /** Folder for the output files. */
  readonly out: string;
  readonly code: string;
  readonly data: readonly DataSource[];
  /** Variants that are tried side by side; default 1. */
  readonly trials?: number;
  /** Share of the input read so far, 0..1. */
  readonly onProgress?: (share: number) => void;
  /** Told of each input of the desk, in order. */
  readonly onInput?: (input: DeskInput) => void;
  /** Told of each serialized PubsubMessage that the graph publishes. */
  readonly onPublished?: (topic: string, bytes: Uint8Array) => void;
}
