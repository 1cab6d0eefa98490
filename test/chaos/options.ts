/** How long a run of chaos lasts, and its seed: CST_CHAOS_HOURS and CST_CHAOS_SEED, or what a test has time for. */
export const CHAOS = {
  seed: Number(process.env.CST_CHAOS_SEED ?? 1),
  hours: Number(process.env.CST_CHAOS_HOURS ?? 3),
  /** Faults an hour, on both venues together. */
  perHour: 350,
};
