/** The usual tickers text read in one pass: as fast as JSON.parse alone, and never more lenient than it and wire.ts. */
import type { TickerChange } from '../market-event.ts';
import { TICKER_FIELDS, TICKER_FORMS } from './wire.ts';

export interface TickerWire {
  readonly symbol: string;
  readonly ts: number;
  readonly isSnapshot: boolean;
  readonly change: TickerChange;
}

type TickerField = (typeof TICKER_FIELDS)[number];

/** Fields in the order in which the linear stream writes them; no text that JSON would have to unescape. */
const HEAD =
  /\{"topic":"tickers\.([0-9A-Z]{1,64})","type":"(snapshot|delta)","data":\{"symbol":"([0-9A-Z]{1,64})"/y;
const FIELD = /,"(\w{1,40})":"([\w.+-]{0,64})"/y;
const TAIL = /\},"cs":(?:0|[1-9]\d{0,14}),"ts":([1-9]\d{12})\}$/y;
const WANTED: ReadonlySet<string> = new Set(TICKER_FIELDS);

/** Null where the text is anything but that: then it is for JSON to read, or to refuse. */
export function readTickerText(text: string): TickerWire | null {
  HEAD.lastIndex = 0;
  const head = HEAD.exec(text);
  if (!head || head[1] !== head[3]) return null;
  const change: { [K in TickerField]?: number | null } = {};
  FIELD.lastIndex = HEAD.lastIndex;
  let end = FIELD.lastIndex;
  for (let field = FIELD.exec(text); field; field = FIELD.exec(text)) {
    end = FIELD.lastIndex;
    const name = field[1]!;
    // Of two of one name, JSON takes the latter.
    if (name === 'symbol') return null;
    if (!WANTED.has(name)) continue;
    const value = tickerValue(name as TickerField, field[2]!);
    if (value === undefined) return null;
    change[name as TickerField] = value;
  }
  TAIL.lastIndex = end;
  const tail = TAIL.exec(text);
  return tail && { symbol: head[1]!, ts: Number(tail[1]), isSnapshot: head[2] === 'snapshot', change };
}

/** Null where the exchange does not know; undefined where it is none. */
function tickerValue(name: TickerField, text: string): number | null | undefined {
  if (text === '') return null;
  const { form, least, most = Number.POSITIVE_INFINITY } = TICKER_FORMS[name];
  const value = Number(text);
  return form.test(text) && value >= least && value <= most ? value : undefined;
}
