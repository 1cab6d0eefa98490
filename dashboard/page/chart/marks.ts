/** Marks at bars: signals, and where exhaustion checks held. */
import type { SeriesMarker, UTCTimestamp } from 'lightweight-charts';
import type { FeaturePoint, Interval, Side, SignalItem } from '../wire.ts';
import { barTime, INTERVAL_S } from './times.ts';

export type Mark = SeriesMarker<UTCTimestamp>;

/** As the chart pictures letter them. */
export const CHECK_LETTERS = {
  volume_drop: 'V',
  double_wick: 'W',
  rsi_extreme: 'R',
  order_book_flip: 'B',
} as const;
type Checks = SignalItem['exhaustion_checks'];

/** Texts of marks that are nearer to each other lie on each other. Unit: bars. */
const TEXT_BARS = 4;
/** One check alone holds at every other bar and tells nothing. */
const LEAST_CHECKS = 2;

export interface MarkColors {
  readonly LONG: string;
  readonly SHORT: string;
  readonly refused: string;
  readonly exhaustion: string;
}

export function wasRefused({ outcomes }: Pick<SignalItem, 'outcomes'>): boolean {
  return outcomes.length > 0 && outcomes.every(({ state }) => state === 'REFUSED');
}

export function letters(checks: Checks): string {
  const names = Object.keys(CHECK_LETTERS) as (keyof Checks)[];
  return names.flatMap((name) => (checks[name] ? [CHECK_LETTERS[name]] : [])).join('');
}

/** Oldest first, as the chart wants them. */
export function marksOf(
  signals: readonly SignalItem[],
  features: readonly FeaturePoint[],
  interval: Interval,
  colors: MarkColors,
): Mark[] {
  const signalMarks =
    interval === '1m'
      ? signals.map((signal) => signalMark(signal, interval, colors))
      : countedMarks(signals, interval, colors);
  const taken = new Set(signalMarks.map(({ time, position }) => `${time} ${position}`));
  const exhaustion = interval === '1m' ? features.flatMap((point) => exhaustionMarks(point, colors)) : [];
  const own = exhaustion.filter(({ time, position }) => !taken.has(`${time} ${position}`));
  return readable([...signalMarks, ...own], interval).sort((a, b) => a.time - b.time);
}

/** One a bar and side, of a signal that was taken where there is one: a bar of hours would carry a tower of them. */
function countedMarks(signals: readonly SignalItem[], interval: Interval, colors: MarkColors): Mark[] {
  const ofBars = Map.groupBy(
    signals,
    ({ side, timestamp }) => `${side} ${barTime(timestamp, interval, true)}`,
  );
  return [...ofBars.values()].map((own) => {
    const shown = own.find((signal) => !wasRefused(signal)) ?? own[0]!;
    return { ...signalMark(shown, interval, colors), text: own.length > 1 ? `×${own.length}` : '' };
  });
}

/** Only the first of neighbours keeps its text. */
function readable(marks: readonly Mark[], interval: Interval): Mark[] {
  const near = TEXT_BARS * INTERVAL_S[interval];
  const texts: Mark[] = [];
  return marks.map((mark) => {
    const isFree = texts.every(
      ({ time, position }) => position !== mark.position || Math.abs(time - mark.time) >= near,
    );
    if (!isFree) return { ...mark, text: '' };
    if (mark.text !== '') texts.push(mark);
    return mark;
  });
}

const placeOf = (side: Side) => (side === 'LONG' ? 'belowBar' : 'aboveBar');

function signalMark(signal: SignalItem, interval: Interval, colors: MarkColors): Mark {
  const { id, side, timestamp } = signal;
  const refused = wasRefused(signal);
  return {
    id,
    time: barTime(timestamp, interval, true),
    position: placeOf(side),
    shape: side === 'LONG' ? 'arrowUp' : 'arrowDown',
    color: refused ? colors.refused : colors[side],
    text: interval === '1m' && !refused ? letters(signal.exhaustion_checks) : '',
    size: refused ? 1 : 1.5,
  };
}

function exhaustionMarks(
  { openTime, checksLong, checksShort, voided }: FeaturePoint,
  colors: MarkColors,
): Mark[] {
  if (voided) return [];
  const sides = [
    ['LONG', letters(checksLong)],
    ['SHORT', letters(checksShort)],
  ] as const;
  return sides
    .filter(([, text]) => text.length >= LEAST_CHECKS)
    .map(([side, text]) => ({
      time: barTime(openTime, '1m'),
      position: placeOf(side),
      shape: 'circle',
      color: colors.exhaustion,
      text,
      size: 0.4,
    }));
}
