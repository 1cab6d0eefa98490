/** Values of flags, checked as they are read. */
import { ConfigError } from '../schemas/errors.ts';
import { didYouMean } from './did-you-mean.ts';
import type { StatusAddress } from './status-server.ts';

/** Both bounds belong to it. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly isWhole?: boolean;
}

export const PORTS: NumberRange = { min: 0, max: 65_535, isWhole: true };
/** Of what draws numbers. */
export const SEEDS: NumberRange = { min: 0, max: Number.MAX_SAFE_INTEGER, isWhole: true };
/** Unit: s. */
export const LENGTHS: NumberRange = { min: 1, max: 1e9 };

/** @throws ConfigError naming the flag. */
export function numberOf(text: string, flag: string, { min, max, isWhole = false }: NumberRange): number {
  const value = Number(text);
  const isNumber = text.trim() !== '' && value >= min && value <= max;
  if (isNumber && (!isWhole || Number.isInteger(value))) return value;
  const kind = isWhole ? 'whole number' : 'number';
  throw new ConfigError(`Expected ${flag} as a ${kind} from ${min} to ${max}, got "${text}".`);
}

/** A variable of the shell that is not set must not stand for the working directory. @throws ConfigError naming the flag. */
export function pathOf(text: string, flag: string): string {
  if (text.trim() !== '') return text;
  throw new ConfigError(`Expected ${flag} as a path, got nothing.`);
}

/** Upper case, in the order given. @throws ConfigError where one is empty or there twice. */
export function symbolsOf(text: string, flag: string): readonly string[] {
  const symbols = text.split(',').map((symbol) => symbol.trim().toUpperCase());
  const wrong = symbols.find((symbol, i) => symbol === '' || symbols.indexOf(symbol) !== i);
  if (wrong === undefined) return symbols;
  throw new ConfigError(`Expected ${flag} as BTCUSDT,ETHUSDT, each once, got "${text}".`);
}

/** @throws ConfigError with the names that are known, and the one that was meant. */
export function oneOf<T extends string>(text: string, known: readonly T[], flag: string): T {
  const found = known.find((name) => name === text.toLowerCase());
  if (found) return found;
  throw new ConfigError(
    `Expected ${flag} one of ${known.join(', ')}, got "${text}".${didYouMean(text, known)}`,
  );
}

/** Of `--health-port`: open to others only where a port was asked for. */
export function statusAddressOf(port: number | undefined): StatusAddress {
  return port === undefined ? { port: 0, host: '127.0.0.1' } : { port, host: '0.0.0.0' };
}
