/** One pair, three spellings: `BTC/USDT` (v2, and ours), `XBT/USDT` (wsname), `XBTUSDT` (what REST is asked for). */

/** Assets that v2 calls by their usual name, and REST by Kraken's own. */
const OWN_NAMES: Readonly<Record<string, string>> = { BTC: 'XBT', DOGE: 'XDG' };
const USUAL_NAMES: Readonly<Record<string, string>> = { XBT: 'BTC', XDG: 'DOGE' };

/** Base and quote of a `wsname` in usual names. AssetPairs gives `XDG/USD`, which v2 refuses. */
export function usualNames(wsname: string): { base: string; quote: string } {
  const [base = '', quote = ''] = wsname.split('/');
  return { base: USUAL_NAMES[base] ?? base, quote: USUAL_NAMES[quote] ?? quote };
}

/** `altname` of a v2 symbol, for REST. */
export function restPair(symbol: string): string {
  return symbol
    .split('/')
    .map((asset) => OWN_NAMES[asset] ?? asset)
    .join('');
}
