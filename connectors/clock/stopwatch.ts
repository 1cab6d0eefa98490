/** Durations: a clock that only moves forward, of no use as a date. */

/** Unit: ms, fractions included, since an arbitrary moment. */
export type Stopwatch = () => number;

export const systemStopwatch: Stopwatch = () => performance.now();
