/** Each minute's final candle against what really traded, and against what the ledger says of it. */
import type { TruthBar } from '../../connectors/exchanges/simulated/truth.ts';
import type { Candle } from '../../schemas/candle.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { MinuteCandles } from './candles.ts';
import { isIn, type Loss } from './ledger.ts';

export interface MinuteVerdict {
  readonly openTime: number;
  readonly is: /** Complete, and what really traded. */
    | 'right'
    /** Complete, and the bar the exchange told, since our trades did not add up to it. */
    | 'exchange'
    /** Marked, and the ledger says why. */
    | 'incomplete'
    /** Complete, and not what traded; or holding what did not trade. */
    | 'WRONG'
    /** Marked, or absent, and the ledger knows of nothing. */
    | 'UNEXPLAINED';
  /** The ledger told of a loss in it, and yet it is right. */
  readonly isRecovered: boolean;
  readonly isRevised: boolean;
  /** An earlier revision was complete and not what traded. */
  readonly wasWrong: boolean;
  readonly candle: Candle | null;
  readonly truth: TruthBar;
}

export interface Judged {
  readonly minutes: ReadonlyMap<number, MinuteCandles>;
  readonly loss: Loss;
  readonly truth: (minute: number) => TruthBar;
}

export function judgeMinutes(
  { minutes, loss, truth }: Judged,
  fromMs: number,
  toMs: number,
): MinuteVerdict[] {
  const verdicts: MinuteVerdict[] = [];
  for (let openTime = fromMs; openTime < toMs; openTime += MINUTE_MS) {
    const known = minutes.get(openTime);
    const candle = known?.last ?? null;
    const bars = [truth(openTime / MINUTE_MS), truth(openTime / MINUTE_MS - 1)] as const;
    const is = judge(openTime, candle, bars, loss);
    verdicts.push({
      openTime,
      is,
      candle,
      truth: bars[0],
      isRecovered: is === 'right' && isIn(loss.touched, openTime),
      isRevised: (known?.revisions ?? 0) > 1,
      wasWrong: known?.complete.some((revision) => !isEqual(revision, bars[0])) ?? false,
    });
  }
  return verdicts;
}

function judge(
  openTime: number,
  candle: Candle | null,
  [truth, before]: readonly [TruthBar, TruthBar],
  { lost, unfollowed, differs }: Loss,
): MinuteVerdict['is'] {
  if (candle?.complete) {
    if (isEqual(candle, truth)) return 'right';
    return differs.has(openTime) && isEqual(candle, carried(truth, before)) ? 'exchange' : 'WRONG';
  }
  if (candle && !candle.filled && !isPart(candle, truth)) return 'WRONG';
  return isIn(lost, openTime) || isIn(unfollowed, openTime) ? 'incomplete' : 'UNEXPLAINED';
}

/** A minute without a trade has a price from before; an exchange's own bar no number of trades. */
function isEqual(candle: Candle, truth: TruthBar): boolean {
  if (candle.filled !== (truth.trades === 0)) return false;
  return (
    (['open', 'high', 'low', 'close', 'volume'] as const).every((field) => candle[field] === truth[field]) &&
    (candle.trades === null || candle.trades === truth.trades)
  );
}

/** Some of what traded, and nothing twice. */
function isPart(candle: Candle, truth: TruthBar): boolean {
  const isWithin = (price: number) => price <= truth.high && price >= truth.low;
  return (
    (candle.trades ?? 0) <= truth.trades &&
    candle.volume <= truth.volume &&
    [candle.open, candle.high, candle.low, candle.close].every(isWithin)
  );
}

/** As Bybit tells bars: they open at the close before. */
function carried(truth: TruthBar, { close }: TruthBar): TruthBar {
  return { ...truth, open: close, high: Math.max(truth.high, close), low: Math.min(truth.low, close) };
}
