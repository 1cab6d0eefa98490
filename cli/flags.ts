/** Values of flags, checked where they are read. */
import { ConfigError } from '../schemas/errors.ts';
import { didYouMean } from './did-you-mean.ts';
import type { StatusAddress } from './status-server.ts';

/** @throws ConfigError naming the flag. */
export function numberOf(text: string, flag: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= min && value <= max) return value;
  throw new ConfigError(`Expected ${flag} as a number from ${min} to ${max}, got "${text}".`);
}

/** Upper case, in the order given; undefined where the flag was left out. @throws ConfigError where one is empty or there twice. */
export function symbolsOf(text: string | undefined, flag = '--symbols'): readonly string[] | undefined {
  const symbols = text?.split(',').map((symbol) => symbol.trim().toUpperCase());
  const wrong = symbols?.find((symbol, i) => symbol === '' || symbols.indexOf(symbol) !== i);
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

/** Of `--health-port`: open to others only where a port was asked for. @throws ConfigError */
export function statusAddressOf(port: string | undefined): StatusAddress {
  if (port === undefined) return { port: 0, host: '127.0.0.1' };
  return { port: numberOf(port, '--health-port', 0, 65_535), host: '0.0.0.0' };
}
