/** Live signals against those of a replay of the recording: what is not the same, and why. */
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';

/** What one of the two published. */
export interface ParitySide {
  readonly signals: readonly ScalpSignal[];
  /** Every revision. */
  readonly rows: readonly FeatureRow[];
  /** The gap ledger. */
  readonly feedEvents: readonly FeedEvent[];
  /** Of the parameters it was run with; left out where its signals alone tell. */
  readonly paramsHash?: string;
}

/** In the order in which they are looked for: each explains those after it. */
export type ParityCause =
  | 'CHANGED_PARAMETER'
  | 'MISSING_MINUTE'
  | 'LATE_TRADE'
  | 'MISSING_TRADES'
  | 'WARM_UP'
  | 'UNKNOWN';

export interface ParityDifference {
  /** Of the signal. */
  readonly id: string;
  /** Unit: ms since the epoch. */
  readonly at: number;
  readonly kind: 'ONLY_LIVE' | 'ONLY_REPLAY' | 'OTHERWISE';
  /** First field that is not the same, of a signal that both have. */
  readonly field: string | null;
  readonly cause: ParityCause;
  /** What the cause was seen by. */
  readonly detail: string;
}

/** By time, then id. Nothing where both have the same signals, to the byte. */
export function parityOf(live: ParitySide, replay: ParitySide): ParityDifference[] {
  const [known, again] = [live, replay].map(({ signals }) => new Map(signals.map((s) => [s.id, s])));
  const evidence = new Evidence(live, replay);
  const ids = [...new Set([...known!.keys(), ...again!.keys()])];
  return ids
    .flatMap((id) => {
      const [a, b] = [known!.get(id), again!.get(id)];
      const field = a && b ? fieldOf(a, b) : null;
      if (a && b && field === null) return [];
      const kind = a === undefined ? 'ONLY_REPLAY' : b === undefined ? 'ONLY_LIVE' : 'OTHERWISE';
      const at = (a ?? b)!.timestamp;
      return [{ id, at, kind, field, ...evidence.causeOf(a, b, field) } satisfies ParityDifference];
    })
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

function fieldOf(a: ScalpSignal, b: ScalpSignal): string | null {
  const names = Object.keys(a) as (keyof ScalpSignal)[];
  // Hashes last: they tell that something differs, not what.
  const last = names.filter((name) => name.endsWith('_hash'));
  const ordered = [...names.filter((name) => !last.includes(name)), ...last];
  return ordered.find((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name])) ?? null;
}

/** Of one minute: as it was known at its close, and in the end. */
interface Minute {
  readonly first: FeatureRow;
  readonly last: FeatureRow;
}
type Minutes = ReadonlyMap<string, Minute>;
type Cause = Pick<ParityDifference, 'cause' | 'detail'>;

class Evidence {
  readonly #live: Minutes;
  readonly #replay: Minutes;
  /** Before any bar. */
  readonly #fromMs: number;
  readonly #liveSide: ParitySide;
  readonly #replaySide: ParitySide;

  constructor(live: ParitySide, replay: ParitySide) {
    [this.#live, this.#replay] = [minutesOf(live.rows), minutesOf(replay.rows)];
    [this.#liveSide, this.#replaySide] = [live, replay];
    const rows = [...live.rows, ...replay.rows];
    this.#fromMs = rows.reduce((first, { openTime }) => Math.min(first, openTime), Number.POSITIVE_INFINITY);
  }

  causeOf(live: ScalpSignal | undefined, replay: ScalpSignal | undefined, field: string | null): Cause {
    const signal = (live ?? replay)!;
    return (
      this.#changedParameter(live, replay) ??
      this.#ofMinutes(signal, missingMinute) ??
      this.#ofMinutes(signal, lateTrade) ??
      this.#ofMinutes(signal, missingTrades) ??
      this.#ofMinutes(signal, warmUp) ?? {
        cause: 'UNKNOWN',
        detail:
          field === null
            ? 'bars and parameters are the same'
            : `bars and parameters are the same; ${field} is not`,
      }
    );
  }

  /** The hash of the other side is that of its signal, else of its signal of the variant that is nearest in time. */
  #changedParameter(live: ScalpSignal | undefined, replay: ScalpSignal | undefined): Cause | null {
    const hashOf = (own: ScalpSignal | undefined, { paramsHash, signals }: ParitySide) =>
      own?.params_hash ?? paramsHash ?? nearest(signals, (live ?? replay)!)?.params_hash;
    const [a, b] = [hashOf(live, this.#liveSide), hashOf(replay, this.#replaySide)];
    if (a === undefined || b === undefined || a === b) return null;
    return { cause: 'CHANGED_PARAMETER', detail: `params_hash ${a} live, ${b} in the replay` };
  }

  /** The newest minute up to it that explains it: features look back on hours, levels on a day, trends on a week. */
  #ofMinutes({ symbol, timestamp }: ScalpSignal, why: Why): Cause | null {
    for (let close = timestamp; close > this.#fromMs; close -= MINUTE_MS) {
      const key = keyOf(symbol, close - MINUTE_MS);
      const [live, replay] = [this.#live.get(key), this.#replay.get(key)];
      if (live === undefined && replay === undefined) continue;
      const found = why(live, replay);
      if (found === null) continue;
      const of = `${symbol} ${new Date(close - MINUTE_MS).toISOString().slice(0, 16)}Z`;
      return { ...found, detail: `${of}: ${found.detail}${this.#ledgerAt(symbol, close - MINUTE_MS)}` };
    }
    return null;
  }

  #ledgerAt(symbol: string, minute: number): string {
    const touches = ({ kind, from, to, symbol: of }: FeedEvent) =>
      of === symbol &&
      kind !== 'RECOVERED' &&
      from !== null &&
      from < minute + MINUTE_MS &&
      (to ?? minute + 1) > minute;
    const [side, entry] = [
      ['live', this.#liveSide.feedEvents.find(touches)] as const,
      ['replay', this.#replaySide.feedEvents.find(touches)] as const,
    ].find(([, event]) => event !== undefined) ?? [null, undefined];
    return entry === undefined ? '' : `; ledger (${side}): ${entry.kind}, ${entry.cause}`;
  }
}

type Why = (live: Minute | undefined, replay: Minute | undefined) => Cause | null;

/** A bar that one side has not, or not whole, whatever came later. */
const missingMinute: Why = (live, replay) => {
  const [a, b] = [live, replay].map((minute) => (minute === undefined ? null : isWhole(minute.last)));
  if (a === b) return live === undefined || replay === undefined ? null : noTrades(live.last, replay.last);
  const side = a !== true ? 'live' : 'in the replay';
  const what = (a !== true ? live : replay) === undefined ? 'no bar' : 'not whole';
  return { cause: 'MISSING_MINUTE', detail: `${what} ${side}` };
};

/** Of all that a side was told of the minute nothing was a trade, and nothing told it that some are missing. */
function noTrades(live: FeatureRow, replay: FeatureRow): Cause | null {
  if ((live.volume === 0) === (replay.volume === 0)) return null;
  const detail =
    live.volume === 0
      ? `no trade live, volume ${replay.volume} in the replay`
      : `no trade in the replay, volume ${live.volume} live`;
  return { cause: 'MISSING_MINUTE', detail };
}

/** A bar that is not made of the same trades, though both sides hold theirs for whole. */
const missingTrades: Why = (live, replay) => {
  if (live === undefined || replay === undefined || barOf(live.last) === barOf(replay.last)) return null;
  const told = ({ volume, close }: FeatureRow) => `volume ${volume} and close ${close}`;
  return {
    cause: 'MISSING_TRADES',
    detail: `${told(live.last)} live, ${told(replay.last)} in the replay`,
  };
};

/** A bar that was revised after its close on one side, and so decided on with less than it holds. */
const lateTrade: Why = (live, replay) => {
  if (live === undefined || replay === undefined) return null;
  const [isLiveRevised, isReplayRevised] = [isRevised(live), isRevised(replay)];
  if (isLiveRevised === isReplayRevised) return null;
  const { first, last } = isLiveRevised ? live : replay;
  const side = isLiveRevised ? 'live' : 'in the replay';
  const change = `volume ${first.volume} → ${last.volume}, close ${first.close} → ${last.close}`;
  return { cause: 'LATE_TRADE', detail: `revised ${side} after its close: ${change}` };
};

/** A side that did not yet know enough bars. */
const warmUp: Why = (live, replay) => {
  const [a, b] = [live, replay].map((minute) => minute?.first.suppressions.includes('WARM_UP') ?? false);
  if (a === b) return null;
  return {
    cause: 'WARM_UP',
    detail: `too few bars were known ${a ? 'live' : 'in the replay: give it --history'}`,
  };
};

function isWhole({ coverage, suppressions }: FeatureRow): boolean {
  return coverage === 1 && !suppressions.includes('INCOMPLETE');
}

function isRevised({ first, last }: Minute): boolean {
  return barOf(first) !== barOf(last);
}

function barOf({ open, high, low, close, volume, coverage }: FeatureRow): string {
  return [open, high, low, close, volume, coverage].join();
}

function minutesOf(rows: readonly FeatureRow[]): Minutes {
  const minutes = new Map<string, Minute>();
  for (const row of rows) {
    const key = keyOf(row.symbol, row.openTime);
    const known = minutes.get(key);
    minutes.set(key, {
      first: known === undefined || row.revision < known.first.revision ? row : known.first,
      last: known === undefined || row.revision > known.last.revision ? row : known.last,
    });
  }
  return minutes;
}

function keyOf(symbol: string, openTime: number): string {
  return `${symbol} ${openTime}`;
}

function nearest(
  signals: readonly ScalpSignal[],
  { variant, timestamp }: ScalpSignal,
): ScalpSignal | undefined {
  const away = (signal: ScalpSignal) => Math.abs(signal.timestamp - timestamp);
  return signals
    .filter((signal) => signal.variant === variant)
    .reduce<ScalpSignal | undefined>((a, b) => (a !== undefined && away(a) <= away(b) ? a : b), undefined);
}
