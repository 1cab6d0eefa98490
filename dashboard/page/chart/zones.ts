/** Positions on the chart: a box from entry to take profit and one to stop loss, from entry to exit, or to the right end. */
import type {
  AutoscaleInfo,
  IPrimitivePaneRenderer,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
  UTCTimestamp,
} from 'lightweight-charts';

export interface Zone {
  readonly from: UTCTimestamp;
  /** Null: it is open. */
  readonly to: UTCTimestamp | null;
  readonly entry: number;
  readonly tp: number;
  readonly sl: number;
}

export interface ZoneColors {
  readonly entry: string;
  readonly tp: string;
  readonly sl: string;
}

const OPEN_ALPHA = 0.16;
const CLOSED_ALPHA = 0.1;

export class Zones implements ISeriesPrimitive<Time> {
  #at: SeriesAttachedParameter<Time> | null = null;
  #zones: readonly Zone[] = [];
  #colors: ZoneColors = { entry: '', tp: '', sl: '' };
  readonly #views = [
    {
      zOrder: () => 'bottom' as const,
      renderer: (): IPrimitivePaneRenderer => ({ draw: (target) => this.#draw(target) }),
    },
  ];

  attached(at: SeriesAttachedParameter<Time>): void {
    this.#at = at;
  }

  detached(): void {
    this.#at = null;
  }

  set(zones: readonly Zone[], colors: ZoneColors): void {
    this.#zones = zones;
    this.#colors = colors;
    this.#at?.requestUpdate();
  }

  paneViews() {
    return this.#views;
  }

  /** Target and stop of an open position are always in sight. */
  autoscaleInfo(): AutoscaleInfo | null {
    const open = this.#zones.filter(({ to }) => to === null).flatMap(({ entry, tp, sl }) => [entry, tp, sl]);
    if (open.length === 0) return null;
    return { priceRange: { minValue: Math.min(...open), maxValue: Math.max(...open) } };
  }

  #draw(target: Parameters<IPrimitivePaneRenderer['draw']>[0]): void {
    const at = this.#at;
    if (at === null) return;
    const scale = at.chart.timeScale();
    const y = (price: number) => at.series.priceToCoordinate(price);
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      for (const zone of this.#zones) {
        const left = scale.timeToCoordinate(zone.from);
        const right = zone.to === null ? mediaSize.width : scale.timeToCoordinate(zone.to);
        const [entry, tp, sl] = [y(zone.entry), y(zone.tp), y(zone.sl)];
        if (right === null || entry === null || tp === null || sl === null) continue;
        // Its entry is older than the bars that are loaded.
        const from = left ?? 0;
        const width = Math.max(right - from, scale.options().barSpacing);
        context.globalAlpha = zone.to === null ? OPEN_ALPHA : CLOSED_ALPHA;
        context.fillStyle = this.#colors.tp;
        context.fillRect(from, Math.min(entry, tp), width, Math.abs(tp - entry));
        context.fillStyle = this.#colors.sl;
        context.fillRect(from, Math.min(entry, sl), width, Math.abs(sl - entry));
        context.globalAlpha = 0.8;
        context.fillStyle = this.#colors.entry;
        context.fillRect(from, entry - 0.5, width, 1);
        context.globalAlpha = 1;
      }
    });
  }
}
