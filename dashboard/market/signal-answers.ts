/** Answers about one signal: everything there is to say of it, and its picture. */
import type { z } from 'zod';
import { plainText } from '../../connectors/messenger/html.ts';
import { renderAlert } from '../../functions/telegram-notifier/render.ts';
import { type Thread, withEvent } from '../../functions/telegram-notifier/thread.ts';
import { NotFoundError } from '../../schemas/errors.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { SignalDetail } from '../api.ts';
import { inOrder, outcomesOf } from '../view/outcomes.ts';
import type { Market } from './market.ts';

/** @throws NotFoundError */
export async function signalDetail(
  market: Market,
  id: string,
): Promise<Omit<z.output<typeof SignalDetail>, 'eventId'>> {
  const { history, ports, told } = market;
  const signal = await findSignal(market, id);
  const { pair, timestamp } = signal;
  const [kept, row, biases, trace] = await Promise.all([
    history.eventsOf([id]),
    history.featuresAt(pair, timestamp),
    history.biases(pair, timestamp),
    ports.traceOf(signal),
  ]);
  const events = inOrder([...kept, ...told.eventsOf([id])]);
  return {
    signal,
    outcomes: outcomesOf(events),
    events,
    features: row,
    levels: row?.levelsAsOf ? await history.levels(pair, row.levelsAsOf) : null,
    bias: biases.find(({ expires_at }) => expires_at > timestamp) ?? null,
    alert: alertOf(signal, events),
    chart: ports.drawChart === null ? null : chartUrl(id),
    trace,
  };
}

/** As PNG, with its end where that is known. @throws NotFoundError */
export async function drawSignal(market: Market, id: string): Promise<Uint8Array> {
  const { history, ports, told } = market;
  const signal = await findSignal(market, id);
  if (ports.drawChart === null)
    throw new NotFoundError('Expected a chart, got a market of which none is drawn.');
  const events = inOrder([...(await history.eventsOf([id])), ...told.eventsOf([id])]);
  return ports.drawChart(signal, events.findLast(({ kind }) => kind === 'EXIT') ?? null);
}

/** @throws NotFoundError */
async function findSignal({ history, told }: Market, id: string): Promise<ScalpSignal> {
  const signal = told.signals().find((one) => one.id === id) ?? (await history.signal(id));
  if (signal) return signal;
  throw new NotFoundError(`Expected the id of a signal, got "${id}".`);
}

export function chartUrl(signalId: string): string {
  return `/charts/${encodeURIComponent(signalId)}.png`;
}

function alertOf(signal: ScalpSignal, events: readonly PositionEvent[]): string {
  const { timestamp } = signal;
  const opened = withEvent(undefined, { kind: 'scalp', event: signal });
  const thread = events.reduce<Thread>(
    (before, event) => withEvent(before, { kind: 'position', event }),
    opened,
  );
  return plainText(renderAlert(thread, { sentAt: timestamp, at: timestamp, lateAfterMs: Infinity }));
}
