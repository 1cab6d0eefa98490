/** How much a level is worth, 0..1: a weighted sum whose parts are each 0..1. */

/** Touches weigh most: they are what a level is made of; the rest tells apart levels with equally many. */
const WEIGHT = { touches: 0.4, recency: 0.2, volume: 0.2 };
/** Each of the four kinds of confluence. */
const CONFLUENCE = 0.05;
/** Twice the visits a level needs are as good as more. */
const FULL_TOUCHES = 2;
/** A quarter of all volume at one price is as good as more. */
const FULL_VOLUME = 0.25;

export interface Evidence {
  /** Visits over the number that makes a level. */
  readonly touches: number;
  /** Share of the window that has passed since the last visiting bar closed. */
  readonly idle: number;
  /** Share of the window's volume that traded in visiting bars. */
  readonly volume: number;
  /** Number of other things at the price, 0..4. */
  readonly confluence: number;
}

export function strengthOf({ touches, idle, volume, confluence }: Evidence): number {
  return strengthWith(
    WEIGHT.touches * Math.min(1, touches / FULL_TOUCHES) +
      WEIGHT.recency * (1 - idle) +
      WEIGHT.volume * Math.min(1, volume / FULL_VOLUME),
    confluence,
  );
}

/** Strength after `more` kinds of confluence were found. */
export function strengthWith(strength: number, more: number): number {
  return Math.min(1, strength + CONFLUENCE * more);
}
