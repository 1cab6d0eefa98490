/** Numbers and times as a trader reads them. Times are UTC. A value that is not known is a dash. */

const DASH = '–';
const MINUS = '−';

/** Decimals that write the number exactly, at most 8. */
export function decimalsOf(value: number): number {
  const [, decimals = ''] = value.toFixed(8).replace(/0+$/, '').split('.');
  return decimals.length;
}

export function fixed(value: number | null | undefined, decimals: number): string {
  if (value === null || value === undefined) return DASH;
  const text = Math.abs(value).toLocaleString('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return value < 0 && /[1-9]/.test(text) ? `${MINUS}${text}` : text;
}

/** With its sign. */
export function signed(value: number | null | undefined, decimals: number): string {
  const text = fixed(value, decimals);
  return typeof value === 'number' && value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** A share with its sign, as per cent. */
export function percent(share: number | null | undefined, decimals = 2): string {
  return typeof share === 'number' ? `${signed(share * 100, decimals)} %` : DASH;
}

/** 1234567 → 1.23M. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return DASH;
  return value.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
}

/** A number of unknown size, with four significant digits. */
export function number(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: Math.abs(value) >= 1_000 ? 7 : 4 });
}

const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
];

/** Its largest unit alone: 90 s → 1m. */
export function age(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return DASH;
  const [size, unit] = UNITS.find(([size]) => ms >= size) ?? [1_000, 's'];
  return `${Math.max(0, Math.floor(ms / size))}${unit}`;
}

export function duration(ms: number): string {
  return ms < 1_000 ? `${number(ms)} ms` : ms < 60_000 ? `${fixed(ms / 1_000, 1)} s` : age(ms);
}

/** 14:03:07. */
export function time(iso: string): string {
  return iso.slice(11, 19);
}

/** 21 Nov 14:03. */
export function dateTime(iso: string): string {
  const day = new Date(iso).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return `${day} ${iso.slice(11, 16)}`;
}

export function bytes(count: number): string {
  return `${short(count).replace(/(?=[KMB]?$)/, ' ')}B`;
}

const SHORT_WORDS = /\b(rsi|atr|ema|tp|sl)(?=\d*\b)/g;

/** rsi_extreme, rsiExtreme, RSI_EXTREME → RSI extreme. */
export function words(name: string): string {
  const spaced = name
    .replaceAll('_', ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(SHORT_WORDS, (word) => word.toUpperCase());
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

const QUOTE = /(USDT|USDC|USD|EUR|BTC)$/;

/** BTCUSDT → BTC and USDT. */
export function partsOf(pair: string): readonly [base: string, quote: string] {
  const quote = QUOTE.exec(pair)?.[0] ?? '';
  return [pair.slice(0, pair.length - quote.length), quote];
}
