/** A trade on its 1m bars: entry, TP, SL and exit, and how long it was held. Pure. */
import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { moneyText } from '../../../functions/texts.ts';
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import type { BacktestTrade } from '../../backtest/desk-run.ts';
import type { NearBar } from '../../backtest/near-bars.ts';
import { decimal } from '../../figures.ts';
import { html, type Markup } from '../markup.ts';
import { short } from './curve.ts';

type Scale = ScaleLinear<number, number>;

const WIDTH = 420;
const HEIGHT = 190;
/** Room for prices. */
const GUTTER = 106;
const BEFORE = 40 * MINUTE_MS;
const AFTER = 15 * MINUTE_MS;
/** Between the middles of two labels. */
const LABEL = 14;

/** @param bars Of its pair. */
export function tradeChart(trade: BacktestTrade, bars: readonly NearBar[]): Markup {
  const { pair, side, exit, net, openedAt, closedAt, strategy } = trade;
  const [from, to] = [openedAt - BEFORE, closedAt + AFTER];
  const shown = bars.filter(({ openTime }) => openTime >= from && openTime < to);
  const told = `${pair} ${side}, ${exit} after ${minutes(closedAt - openedAt)}, net ${moneyText(net)}`;
  return html`<figure class="trade ${net > 0 ? 'won' : 'lost'}">
<figcaption><b>${pair}</b> <span class="side ${side.toLowerCase()}">${side}</span> ${strategy}
<span class="net">${moneyText(net)}</span><small>${utc(openedAt)} · ${exit} after ${minutes(closedAt - openedAt)}</small></figcaption>
${shown.length === 0 ? html`<p class="none">Bars of this trade were not kept.</p>` : drawn(trade, shown, from, to, told)}
</figure>`;
}

function drawn(
  trade: BacktestTrade,
  bars: readonly NearBar[],
  from: number,
  to: number,
  told: string,
): Markup {
  const x = scaleLinear([from, to], [0, WIDTH - GUTTER]);
  const prices = [
    ...bars.flatMap(({ high, low }) => [high, low]),
    ...linesOf(trade).map(({ price }) => price),
  ];
  const y = scaleLinear([Math.min(...prices), Math.max(...prices)], [HEIGHT - 8, 8]);
  const [left, right] = [x(trade.openedAt), x(trade.closedAt)];
  const zone = (price: number | null, name: string) =>
    price === null
      ? null
      : html`<path class="zone ${name}" d="M${short(left)} ${short(y(trade.entry))}H${short(right)}V${short(y(price))}H${short(left)}Z"/>`;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${told}">
${zone(trade.tp, 'tp')}${zone(trade.sl, 'sl')}
<path class="up" d="${candles(bars, x, y, true)}"/><path class="down" d="${candles(bars, x, y, false)}"/>
${levels(trade, y, left)}
<circle class="entry" cx="${short(left)}" cy="${short(y(trade.entry))}" r="3.5"/>
<circle class="exit" cx="${short(right)}" cy="${short(y(trade.price))}" r="3.5"/></svg>`;
}

/** A path for all of one colour: wicks as lines, bodies as boxes. */
function candles(bars: readonly NearBar[], x: Scale, y: Scale, isRising: boolean): string {
  const half = Math.max(0.5, (x(MINUTE_MS) - x(0)) * 0.34);
  return bars
    .filter(({ open, close }) => close >= open === isRising)
    .map(({ openTime, open, high, low, close }) => {
      const at = x(openTime + MINUTE_MS / 2);
      const [top, bottom] = [y(Math.max(open, close)), y(Math.min(open, close))];
      const body = `M${short(at - half)} ${short(top)}h${short(2 * half)}V${short(Math.max(bottom, top + 0.6))}h${short(-2 * half)}Z`;
      return `M${short(at)} ${short(y(high))}V${short(y(low))}${body}`;
    })
    .join('');
}

interface PriceLine {
  readonly name: 'tp' | 'entry' | 'sl' | 'exit';
  readonly price: number;
}

function linesOf({ tp, sl, entry, price, exit }: BacktestTrade): PriceLine[] {
  return [
    ...(tp === null ? [] : [{ name: 'tp', price: tp } as const]),
    ...(sl === null ? [] : [{ name: 'sl', price: sl } as const]),
    { name: 'entry', price: entry },
    ...(exit === 'TP' ? [] : [{ name: 'exit', price } as const]),
  ];
}

const NAMES = { tp: 'TP', sl: 'SL', entry: 'Entry', exit: 'Exit' } as const;

/** Labels keep their order and stand clear of each other. */
function levels(trade: BacktestTrade, y: Scale, left: number): Markup[] {
  const lines = linesOf(trade).sort((a, b) => b.price - a.price);
  const places: number[] = [];
  for (const { price } of lines) places.push(Math.max(y(price), (places.at(-1) ?? -LABEL) + LABEL));
  const over = Math.max(0, (places.at(-1) ?? 0) - (HEIGHT - 6));
  return lines.map(({ name, price }, i) => {
    const line = `M${short(left)} ${short(y(price))}H${WIDTH - GUTTER}`;
    const at = short(places[i]! - over + 4);
    return html`<path class="${name}" d="${line}"/><text class="${name}" x="${WIDTH - GUTTER + 4}" y="${at}">${NAMES[name]} ${decimal(Number(price.toPrecision(6)))}</text>`;
  });
}

function minutes(ms: number): string {
  return `${Math.round(ms / MINUTE_MS)} min`;
}

/** `2025-06-03 14:25`. */
export function utc(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}
