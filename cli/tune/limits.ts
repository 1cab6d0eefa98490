/** Bounds of a search. */

export const MAX_TRIALS = 100_000;
