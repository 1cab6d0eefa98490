/** 1m bars round signals, for charts of their trades and for whoever asks what came of them; the others would fill disks. */
import type { FeatureRow } from '../../schemas/feature-row.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';

/** A line of `bars.ndjson`. */
export type NearBar = Pick<FeatureRow, 'pair' | 'open' | 'high' | 'low' | 'close' | 'volume'> & {
  /** Unit: ms since the epoch. */
  readonly openTime: number;
  readonly isComplete: boolean;
};

/** Minutes shown before a signal, and after it: a position is left within 60 of its entry. */
const BEFORE = 45;
const AFTER = 75;

interface Known {
  /** Not told yet, the oldest first. */
  recent: NearBar[];
  /** Bars that open before this are told as they come. */
  until: number;
}

export class NearBars {
  readonly #pairs = new Map<string, Known>();
  readonly #tell: (bar: NearBar) => void;

  /** @param tell Told of each bar at most once, of a pair in order of time. */
  constructor(tell: (bar: NearBar) => void) {
    this.#tell = tell;
  }

  /** Bars of a pair in order of time. */
  bar({ pair, openTime, open, high, low, close, volume, coverage }: FeatureRow): void {
    const known = this.#knownOf(pair);
    const bar = { pair, openTime, open, high, low, close, volume, isComplete: coverage === 1 };
    if (openTime < known.until) this.#tell(bar);
    else known.recent.push(bar);
    if (known.recent.length > BEFORE) known.recent.shift();
  }

  /** @param ms Close of the signal's bar, which has been told. Unit: ms since the epoch. */
  signal(pair: string, ms: number): void {
    const known = this.#knownOf(pair);
    for (const bar of known.recent) this.#tell(bar);
    known.recent = [];
    known.until = ms + AFTER * MINUTE_MS;
  }

  #knownOf(pair: string): Known {
    const known = this.#pairs.get(pair) ?? { recent: [], until: Number.NEGATIVE_INFINITY };
    this.#pairs.set(pair, known);
    return known;
  }
}

export function nearBarJson({ openTime, ...rest }: NearBar): string {
  return JSON.stringify({ openTime: new Date(openTime).toISOString(), ...rest });
}
