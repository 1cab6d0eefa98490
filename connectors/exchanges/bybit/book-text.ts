/** The usual orderbook text read in one pass: faster than JSON.parse alone, and never more lenient than it and wire.ts. */
import type { Level } from '../market-event.ts';
import { TextCursor } from './text-cursor.ts';
import { SMALLEST } from './wire.ts';

export interface BookWire {
  readonly symbol: string;
  readonly depth: string;
  readonly isSnapshot: boolean;
  readonly ts: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly update: number;
}

/** Fields in the order in which the linear stream writes them; no text that JSON would have to unescape. */
const HEAD =
  /\{"topic":"orderbook\.(\d{1,4})\.([0-9A-Z]{1,64})","type":"(snapshot|delta)","ts":([1-9]\d{12}),"data":\{"s":"([0-9A-Z]{1,64})","b":\[/y;
const ASKS = ',"a":[';
const TAIL = /,"u":(0|[1-9]\d{0,14}),"seq":(?:0|[1-9]\d{0,14})\},"cts":[1-9]\d{12}\}$/y;

/** Null where the text is anything but that: then it is for JSON to read, or to refuse. */
export function readBookText(text: string): BookWire | null {
  HEAD.lastIndex = 0;
  const head = HEAD.exec(text);
  if (!head || head[2] !== head[5]) return null;
  const cursor = new TextCursor(text, HEAD.lastIndex);
  const bids = levelsAt(cursor);
  if (!bids || !cursor.pass(ASKS)) return null;
  const asks = levelsAt(cursor);
  if (!asks) return null;
  TAIL.lastIndex = cursor.at;
  const update = Number(TAIL.exec(text)?.[1] ?? Number.NaN);
  if (!(update >= 0)) return null;
  const isSnapshot = head[3] === 'snapshot';
  return { symbol: head[2]!, depth: head[1]!, isSnapshot, ts: Number(head[4]), bids, asks, update };
}

/** `["price","size"],…]` from behind the opening bracket to behind the closing one. */
function levelsAt(cursor: TextCursor): Level[] | null {
  const levels: Level[] = [];
  if (cursor.pass(']')) return levels;
  for (;;) {
    if (!cursor.pass('["')) return null;
    const price = cursor.decimal();
    if (!(price >= SMALLEST && cursor.pass(',"'))) return null;
    const size = cursor.decimal();
    if (!(size >= 0 && cursor.pass(']'))) return null;
    levels.push([price, size]);
    if (cursor.pass(']')) return levels;
    if (!cursor.pass(',')) return null;
  }
}
