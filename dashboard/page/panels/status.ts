/** The line at the bottom: how the stack is, in numbers. */
import { h, type JSX } from 'preact';
import type { App } from '../app.ts';
import { age, duration, short, time } from '../format.ts';

export function statusLine({ market, problem, link }: App): JSX.Element[] {
  if (problem !== null)
    return [h('span', { key: 'problem', class: 'doubt', role: 'alert' }, `${problem} Trying again …`)];
  if (market === null) return [h('span', { key: 'wait', class: 'quiet' }, 'Connecting …')];
  const { status, origin, version } = market;
  const { alerts } = status;
  const items: readonly (readonly [name: string, value: string, isDoubtful?: boolean])[] = [
    ['', origin.title],
    ['up', age(status.uptimeMs)],
    ['trades/s', short(status.tradesPerSecond)],
    ['trades', short(status.trades)],
    ['lag', status.lagMs === null ? '–' : duration(Math.round(status.lagMs))],
    ['backlog', short(status.backlog)],
    ['candles', short(status.candles)],
    ['signals', short(status.signals)],
    ['alerts', `${alerts.sent}${alerts.waiting > 0 ? ` + ${alerts.waiting} waiting` : ''}`],
    ['charts', short(status.charts)],
    ['reconnects', short(status.reconnects), status.reconnects > 0],
    ['dead letters', short(status.deadLetters), status.deadLetters > 0],
    ['', version],
  ];
  const old = `Not connected: all is as of ${time(status.marketTime)} UTC. Trying again …`;
  const cut: JSX.Element[] =
    link === 'reconnecting' ? [h('span', { key: 'cut', class: 'doubt', role: 'alert' }, old)] : [];
  return cut.concat(
    items.map(([name, value, isDoubtful]) =>
      h(
        'span',
        { key: `${name}${name === '' ? value : ''}`, class: isDoubtful ? 'doubt' : '' },
        name && h('i', null, name),
        value,
      ),
    ),
  );
}
