/** A relay's numbers in the text format of Prometheus. Units are seconds and bytes, as its customs want. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { SymbolStats } from '../connectors/feed/feed-stats.ts';
import type { RelayReport } from './relay-health.ts';

type Kind = 'gauge' | 'counter';
/** No sample where it is not known. */
type Value = number | boolean | null | undefined;

interface Metric<T> {
  readonly name: string;
  readonly kind: Kind;
  readonly help: string;
  readonly of: (from: T) => Value;
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1_000);

function gauge<T>(name: string, help: string, of: (from: T) => Value): Metric<T> {
  return { name, kind: 'gauge', help, of };
}

function counter<T>(name: string, help: string, of: (from: T) => Value): Metric<T> {
  return { name: `${name}_total`, kind: 'counter', help, of };
}

const OF_STREAM: readonly Metric<SymbolStats>[] = [
  gauge('stream_connected', 'Trades are subscribed on a connection that stands.', (s) => s.connected),
  gauge('stream_halted', 'The exchange does not trade it now.', (s) => s.isHalted),
  gauge('stream_trades_per_second', 'Over the last ten seconds.', (s) => s.rate),
  gauge('stream_last_trade_age_seconds', 'Since the newest trade was made.', (s) =>
    seconds(s.lastTradeAgeMs),
  ),
  gauge('stream_lag_seconds', 'From the newest trade’s match to its arrival.', (s) => seconds(s.lagMs)),
  gauge('stream_stale', 'Kinds of data that are silent for longer than is like them.', (s) => s.stale.length),
  gauge('stream_gaps_open', 'Spans of missing trades that are being recovered.', (s) => s.openGaps),
  counter('stream_gaps_lost', 'Spans of trades that could not be recovered.', (s) => s.lostGaps),
  counter('stream_trades_published', 'Trades given to the bus.', (s) => s.publishedTrades),
  counter('stream_trades_recovered', 'Trades that REST brought.', (s) => s.recoveredTrades),
  counter('stream_trades_duplicate', 'Copies of trades that were known.', (s) => s.duplicateTrades),
  counter('stream_book_resyncs', 'Times its book was asked for anew.', (s) => s.resyncs),
  gauge('stream_book_out_of_sync_seconds', 'For how long its book has not been whole.', (s) =>
    seconds(s.outOfSyncMs),
  ),
];

const OF_RELAY: readonly Metric<RelayReport>[] = [
  gauge('symbols', 'Size of the universe followed.', (r) => r.symbols.length),
  gauge('connections_open', 'Connections that stand.', (r) => r.connections.filter((c) => c.isOpen).length),
  gauge('connections_wanted', 'Connections that should stand.', (r) => r.connections.length),
  counter('reconnects', 'Sessions after the first of each connection.', (r) => r.reconnects),
  gauge('clock_offset_seconds', 'Our clock less the exchange’s, plus the shortest way from there.', (r) =>
    seconds(r.clockOffsetMs),
  ),
  counter('frames_unreadable', 'Frames refused.', (r) => r.unreadableFrames),
  gauge('trades_buffered', 'Trades that wait for their batch.', (r) => r.bufferedTrades),
  gauge('outbox_messages', 'Messages not yet published, on disk or in memory.', (r) => r.outbox.depth),
  gauge('outbox_bytes', 'Of them, in memory.', (r) => r.outbox.bytes),
  gauge('outbox_spilled_messages', 'Of them, on disk.', (r) => r.outbox.spilledMessages),
  gauge('outbox_spilled_bytes', 'Of them, on disk.', (r) => r.outbox.spilledBytes),
  gauge('outbox_oldest_age_seconds', 'Of the oldest message in memory.', (r) =>
    seconds(r.outbox.oldestAgeMs),
  ),
  gauge(
    'outbox_paused',
    'Sockets are not read, since the bus does not keep up.',
    (r) => r.outbox.pressure === 'pause',
  ),
  gauge('outbox_failing', 'Bus or disk refuse.', (r) => r.outbox.lastError !== null),
  counter('outbox_published', 'Messages that the bus took.', (r) => r.outbox.published),
  counter('outbox_dropped', 'Snapshots given up: never trades.', (r) => r.outbox.dropped),
  gauge('lease_active', 'It is the one of its pair that publishes.', (r) => r.standby?.isActive),
  gauge('lease_epoch', 'How many have held the lease.', (r) => r.standby?.epoch),
  gauge(
    'lease_failing',
    'The lease cannot be read or written.',
    (r) => r.standby && r.standby.problem !== null,
  ),
  counter('lease_takeovers', 'Times it began to publish.', (r) => r.standby?.takeovers),
  gauge('recorder_active', 'What comes in is written down.', (r) => r.recording?.isRecording),
  counter('recorder_bytes', 'Written, compressed.', (r) => r.recording?.bytes),
  counter('recorder_entries', 'Frames and other inputs written down.', (r) => r.recording?.entries),
];

/** A sample of each, as of this moment. */
export async function relayMetrics(report: RelayReport): Promise<string> {
  const registry = new Registry();
  const { venue } = report;
  for (const metric of OF_RELAY) add(registry, metric, ['venue'], [[{ venue }, report]]);
  const streams = report.symbols.map((s) => [{ venue, symbol: s.symbol }, s] as const);
  for (const metric of OF_STREAM) add(registry, metric, ['venue', 'symbol'], streams);
  const refused = Object.entries(report.refused).map(([reason, n]) => [{ venue, reason }, n] as const);
  const letters = counter<number>('dead_letters', 'Frames refused, by reason.', (n) => n);
  add(registry, letters, ['venue', 'reason'], refused);
  return registry.metrics();
}

function add<T>(
  registry: Registry,
  { name, kind, help, of }: Metric<T>,
  labelNames: readonly string[],
  samples: readonly (readonly [Record<string, string>, T])[],
): void {
  const options = { name: `cst_relay_${name}`, help, labelNames, registers: [registry] };
  const metric = kind === 'gauge' ? new Gauge(options) : new Counter(options);
  for (const [labels, from] of samples) {
    const value = of(from);
    if (typeof value === 'number' || typeof value === 'boolean') metric.inc(labels, Number(value));
  }
}
