/** What Bybit's return codes mean to whoever sends orders: their own fault, a person's to mend, or none that is known. */
import { ConfigError, UpstreamError } from '../../../schemas/errors.ts';

/** The exchange will not do what was asked. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
}

export const CODES = {
  notInTime: 10_002,
  /** An order of this name was there. */
  known: 110_072,
  leverageIsSo: 110_043,
} as const;

/** There is nothing left to cancel. */
export const OVER: readonly number[] = [110_001, 110_008, 110_010];

const KEY =
  'Check that API key and secret belong together and to this network: testnet and mainnet have keys of their own.';
/** What a person can do about them. */
const MENDS: Readonly<Record<number, string>> = {
  [CODES.notInTime]:
    'Set this machine’s clock by NTP, or raise broker.recvWindowMs where the way to Bybit is slow.',
  10003: KEY,
  10004: KEY,
  10005: 'Give the API key the right to trade contracts (orders and positions).',
  10007: KEY,
  10008: 'Bybit has shut the account out of this; ask its support.',
  10009: 'Bybit has banned this address; ask its support.',
  10010: 'Add this machine’s address to those of the API key.',
  10024: 'Bybit does not let this account trade here, by its compliance rules.',
  10027: 'Bybit has banned the account from trading; ask its support.',
  10028: 'Turn the account into a Unified Trading Account.',
  33004: 'The API key has expired: make a new one.',
};
/** Not of an order's making, though in the range of those that are: a service is shut, an order still under way. */
const PASSING = [110_071, 110_079];

/** How the order is to blame. @throws ConfigError or UpstreamError where it is not. */
export function refusalOf(code: number, message: string, path: string): Refusal {
  const said = `Bybit refused ${path}: ${message === '' ? 'no reason' : message} (code ${code}).`;
  const mend = MENDS[code];
  if (mend !== undefined) throw new ConfigError(`${said} ${mend}`);
  if (/position idx not match/i.test(message)) {
    throw new ConfigError(`${said} Set the account’s position mode to one-way.`);
  }
  const isOrders = code === 10_001 || (code >= 110_000 && code < 120_000 && !PASSING.includes(code));
  if (isOrders) return { code, reason: `${message} (code ${code})` };
  throw new UpstreamError(`${said} Whether it happened is not known.`);
}
