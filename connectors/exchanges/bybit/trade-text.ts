/** The usual publicTrade text read in one pass: three times as fast as JSON.parse and checks, and never more lenient. */
import { MAX_EXCHANGE_SEQ, SMALLEST } from './wire.ts';

/** One fill whose fields have been checked; see wire.ts. */
export interface TradeWire {
  readonly T: number;
  readonly s: string;
  readonly S: 'Buy' | 'Sell';
  readonly v: string;
  readonly p: string;
  readonly i: string;
  readonly seq: number;
}

export interface TradesWire {
  readonly symbol: string;
  readonly ts: number;
  readonly items: readonly TradeWire[];
}

/** Fields in the order in which the linear stream writes them; no text that JSON would have to unescape. */
const HEAD = /\{"topic":"publicTrade\.([0-9A-Z]{1,64})","type":"snapshot","ts":([1-9]\d{12}),"data":\[/y;
const DECIMAL = String.raw`"(\d{1,15}(?:\.\d{1,18})?)"`;
const BOOLEAN = '(?:true|false)';
const ITEM = new RegExp(
  String.raw`\{"T":([1-9]\d{12}),"s":"([0-9A-Z]{1,64})","S":"(Buy|Sell)","v":${DECIMAL},"p":${DECIMAL},` +
    String.raw`"L":"\w+","i":"([\w-]{1,128})","BT":${BOOLEAN},"RPI":${BOOLEAN},"seq":([1-9]\d{0,12})\}(,|\]\}$)`,
  'y',
);

/** Null where the text is anything but that: then it is for JSON to read, or to refuse. */
export function readTradeText(text: string): TradesWire | null {
  HEAD.lastIndex = 0;
  const head = HEAD.exec(text);
  if (!head) return null;
  const symbol = head[1]!;
  const items: TradeWire[] = [];
  ITEM.lastIndex = HEAD.lastIndex;
  for (;;) {
    const match = ITEM.exec(text);
    const item = match && itemOf(match, symbol);
    if (!item) return null;
    items.push(item);
    if (match[8] !== ',') return { symbol, ts: Number(head[2]), items };
  }
}

function itemOf(match: RegExpExecArray, symbol: string): TradeWire | null {
  const [, ts, s, side, v, p, i, seqText] = match as unknown as [string, ...string[]];
  const seq = Number(seqText);
  const isFine = s === symbol && seq <= MAX_EXCHANGE_SEQ && Number(v) >= SMALLEST && Number(p) >= SMALLEST;
  return isFine ? { T: Number(ts), s, S: side as 'Buy' | 'Sell', v: v!, p: p!, i: i!, seq } : null;
}
