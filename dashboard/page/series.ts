/** What the page knows of the chosen pair: bars of one interval, features, levels, signals and positions. */

import { Bars, formingBar } from './chart/bars.ts';
import { ask, type Source } from './client.ts';
import type { ClosedPosition, FeaturePoint, Interval, LevelSet, SignalItem } from './wire.ts';

const PAGE = 500;
const MOST = 2_000;

export class Series {
  readonly pair: string;
  readonly interval: Interval;
  readonly bars = new Bars();
  features: readonly FeaturePoint[] = [];
  levels: LevelSet | null = null;
  signals: readonly SignalItem[] = [];
  closed: readonly ClosedPosition[] = [];
  state: 'loading' | 'ready' | { readonly problem: string } = 'loading';
  readonly #source: Source;
  /** Whether older bars are being asked for, or there are none. */
  #isAtStart = true;

  constructor(source: Source, pair: string, interval: Interval) {
    this.#source = source;
    this.pair = pair;
    this.interval = interval;
  }

  /** Asks for everything. What events tell meanwhile is not lost: of each bar the higher revision stays. */
  async load(): Promise<void> {
    const { pair, interval } = this;
    try {
      const [candles, features, levels, signals, positions] = await Promise.all([
        ask(this.#source, '/api/candles', { pair, interval, limit: PAGE }),
        ask(this.#source, '/api/features', { pair, limit: PAGE }),
        ask(this.#source, '/api/levels', { pair }),
        ask(this.#source, '/api/signals', { pair, limit: PAGE }),
        ask(this.#source, '/api/positions', { limit: PAGE }),
      ]);
      this.bars.put([...candles.bars, ...(candles.forming ? [formingBar(candles.forming)] : [])]);
      for (const point of features.features) this.feature(point);
      this.levels ??= levels.levels;
      for (const signal of signals.signals) this.signal(signal);
      this.closed = positions.closed.filter((position) => position.pair === pair);
      this.#isAtStart = candles.bars.length < PAGE;
      this.state = 'ready';
    } catch (error) {
      this.state = { problem: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Asks for the bars before those known, unless that is under way. True: there were some. */
  async loadOlder(): Promise<boolean> {
    const before = this.bars.list[0]?.openTime;
    if (this.#isAtStart || before === undefined) return false;
    this.#isAtStart = true;
    const { pair, interval } = this;
    const older = await ask(this.#source, '/api/candles', { pair, interval, before, limit: PAGE });
    this.bars.put(older.bars);
    this.#isAtStart = older.bars.length < PAGE;
    return older.bars.length > 0;
  }

  async loadClosed(): Promise<void> {
    const { closed } = await ask(this.#source, '/api/positions', { limit: PAGE });
    this.closed = closed.filter(({ pair }) => pair === this.pair);
  }

  feature(point: FeaturePoint): void {
    if (point.pair !== this.pair) return;
    const at = this.features.findLastIndex(({ openTime }) => openTime <= point.openTime);
    const known = this.features[at];
    if (known?.openTime !== point.openTime)
      this.features = this.features.toSpliced(at + 1, 0, point).slice(-MOST);
    else if (known.revision < point.revision) this.features = this.features.with(at, point);
  }

  signal(signal: SignalItem): void {
    if (signal.pair !== this.pair) return;
    this.signals = [...this.signals.filter(({ id }) => id !== signal.id), signal];
  }
}
