/** Instants as people write them: ISO 8601, ms since the epoch, or YYYYMMDD (UTC). */
import { ConfigError } from '../schemas/errors.ts';
import { isoInstant } from '../schemas/iso-instant.ts';

const DAY = /^(\d{4})(\d{2})(\d{2})$/;
const MS = /^\d{9,15}$/;
/** A number below it is no time in ms since markets of crypto exist. */
const FIRST_MS = 1e11;

/** ms since the epoch. @throws ConfigError naming the flag. */
export function instantOf(text: string, flag: string): number {
  const ms = parse(text.trim());
  if (Number.isFinite(ms)) return ms;
  if (MS.test(text.trim())) {
    throw new ConfigError(`Expected ${flag} in ms since the epoch, got "${text}": is it in seconds?`);
  }
  throw new ConfigError(
    `Expected ${flag} as 2024-01-31T12:00:00Z, 20240131 or ms since the epoch, got "${text}".`,
  );
}

function parse(text: string): number {
  const day = DAY.exec(text);
  if (day) return isoInstant(`${day[1]}-${day[2]}-${day[3]}`);
  if (MS.test(text)) return Number(text) < FIRST_MS ? Number.NaN : Number(text);
  return isoInstant(text);
}
