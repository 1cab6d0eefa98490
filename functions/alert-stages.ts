/** The last stages of a signal's way: its alert in the outbox, with the messenger, and the chart behind it. */
import type { Stages } from '../connectors/telemetry/stages.ts';
import { barOfSignal } from '../schemas/trace.ts';

interface Alert {
  readonly signal: string;
  readonly chat: string;
  /** What became of it, e.g. SENT. */
  readonly outcome: string;
}

const queuedId = (signal: string) => `outbox ${signal}`;
const settledId = ({ signal, chat }: Alert) => `alert ${signal} ${chat}`;

/** @param told Id of the message that the alert came of. @param toldMs When it happened. */
export function alertQueued(stages: Stages | undefined, signal: string, told: string, toldMs: number): void {
  stages?.ended({
    stage: 'notifier',
    bar: barOfSignal(signal),
    id: queuedId(signal),
    after: told,
    sinceMs: toldMs,
    attributes: { signal, told },
  });
}

/** Nothing more is to be done with an alert. @param queuedMs When it was put into the outbox. */
export function alertSettled(
  stages: Stages | undefined,
  alert: Alert & { readonly message: number | null },
  queuedMs: number,
): void {
  const { signal, chat, outcome, message } = alert;
  stages?.ended({
    stage: 'telegram',
    bar: barOfSignal(signal),
    id: settledId(alert),
    after: queuedId(signal),
    sinceMs: queuedMs,
    attributes: { signal, chat, outcome, ...(message !== null && { message }) },
  });
}

/** Nothing more is to be done with the chart of an alert. @param begunMs When it was begun with. */
export function chartSettled(stages: Stages | undefined, alert: Alert, begunMs: number): void {
  const id = `chart of ${settledId(alert)}`;
  stages?.ended({
    stage: 'chart',
    bar: barOfSignal(alert.signal),
    id,
    after: settledId(alert),
    sinceMs: begunMs,
    attributes: { ...alert },
  });
}
