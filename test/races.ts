/** Interleavings of desks raced on Bigtable's emulator: CST_RACES, or as many as a test has time for. */
export const RACES = Number(process.env.CST_RACES ?? 300);
