/** What is looked at, kept in the address so that it can be reloaded, gone back to and sent to a colleague. */
import type { Source } from './client.ts';
import type { Interval } from './wire.ts';

export const INTERVALS: readonly Interval[] = ['1m', '5m', '15m', '1h', '4h'];
export const VIEWS = ['chart', 'positions', 'feed', 'replays'] as const;
export type View = (typeof VIEWS)[number];

export interface Place {
  /** Null: the first of the list. */
  readonly pair: string | null;
  readonly interval: Interval;
  readonly view: View;
  /** Id of the signal that is inspected. */
  readonly signal: string | null;
  readonly source: Source;
}

/** What is missing or unknown becomes the default. */
export function placeOf(hash: string): Place {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  return {
    pair: words.get('pair'),
    interval: INTERVALS.find((interval) => interval === words.get('interval')) ?? '1m',
    view: VIEWS.find((view) => view === words.get('view')) ?? 'chart',
    signal: words.get('signal'),
    source: words.get('source') === 'replay' ? 'replay' : 'live',
  };
}

/** The shortest hash that `placeOf` reads as this. */
export function hashOf(place: Place): string {
  const usual = placeOf('');
  const words = Object.entries(place).filter(
    ([name, value]) => value !== null && value !== usual[name as keyof Place],
  );
  return `#${new URLSearchParams(words)}`;
}
