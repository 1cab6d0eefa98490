/** `--timerange` as freqtrade writes it: `20250601-20250630`, `20250601-`, `-20250630`; also in s or ms since the epoch. */
import { ConfigError } from '../../schemas/errors.ts';
import { instantOf } from '../times.ts';

/** From the first instant on, until before the second; undefined: as far as there is data. Unit: ms since the epoch. */
export interface Timerange {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

const FLAG = '--timerange';
/** Digits of an instant in seconds. */
const SECONDS = /^\d{10}$/;

/** @throws ConfigError naming the flag. */
export function timerangeOf(text: string | undefined): Timerange {
  if (text === undefined) return { fromMs: undefined, toMs: undefined };
  const parts = text.trim().split('-');
  if (parts.length !== 2 || parts.every((part) => part === '')) {
    throw new ConfigError(`Expected ${FLAG} as 20250601-20250630, 20250601- or -20250630, got "${text}".`);
  }
  const [fromMs, toMs] = parts.map((part) => (part === '' ? undefined : instant(part)));
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new ConfigError(`Expected ${FLAG} to begin before it ends, got "${text}".`);
  }
  return { fromMs, toMs };
}

function instant(text: string): number {
  return SECONDS.test(text) ? Number(text) * 1_000 : instantOf(text, FLAG);
}
