/** The outbox of alerts, as numbers. */
import { type Sample, sample } from '../../connectors/metrics/meter.ts';
import type { OutboxStore } from './store.ts';

/** @param now Of the machine. Unit: ms. */
export function* outboxSamples(
  { oldestOpen, ...counts }: ReturnType<OutboxStore['count']>,
  now: number,
): Iterable<Sample> {
  for (const [state, n] of Object.entries(counts)) {
    yield sample('cst_alert_outbox_messages', n, { state: state.toLowerCase() });
  }
  const age = oldestOpen === null ? 0 : Math.max(0, now - oldestOpen) / 1_000;
  yield sample('cst_alert_outbox_oldest_age_seconds', age);
}
