/** What the state sink keeps, as numbers: rows by kind, and how old the newest of each is. */
import type { Clock } from '../../connectors/clock/port.ts';
import { type Meter, sample } from '../../connectors/metrics/meter.ts';
import { closeTime } from '../../schemas/candle.ts';
import type { Published, PublishedKind } from '../../schemas/state.ts';
import type { Kept } from './state-sink.ts';

/** When what a row tells of happened. Unit: ms. */
const TIME: { readonly [K in PublishedKind]: (record: Published<K>) => number } = {
  candle: closeTime,
  levels: ({ asOf }) => asOf,
  snapshot: ({ ts }) => ts,
  bias: ({ timestamp }) => timestamp,
  'position-event': ({ ts }) => ts,
};

/** To be told of what is durable. @param clock Of the market. */
export function sinkMetrics(meter: Meter, clock: Clock): (kept: readonly Kept[]) => void {
  const newest = new Map<PublishedKind, number>();
  meter.read(() => {
    const now = clock.now();
    return [...newest].map(([kind, ms]) =>
      sample('cst_state_age_seconds', Math.max(0, now - ms) / 1_000, { kind }),
    );
  });
  return (kept) => {
    for (const one of kept) {
      const { kind } = one;
      meter.count('cst_state_rows_total', { kind });
      newest.set(kind, Math.max(timeOf(one), newest.get(kind) ?? 0));
    }
  };
}

function timeOf<K extends PublishedKind>({
  kind,
  record,
}: {
  readonly kind: K;
  readonly record: Published<K>;
}) {
  return TIME[kind](record);
}
