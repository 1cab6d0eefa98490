/** How often the relay is killed: CST_KILLS, or ten times. */
export const KILLS = Number(process.env.CST_KILLS ?? 10);
