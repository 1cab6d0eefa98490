/** A relay's numbers of this moment, by the names of schemas/metrics.ts. */
import type { SymbolStats } from '../connectors/feed/feed-stats.ts';
import { type Sample, sample } from '../connectors/metrics/meter.ts';
import type { RelayReport } from './relay-health.ts';

type Read<T> = readonly [Sample['name'], (from: T) => Sample['value']];

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1_000);

const OF_STREAM: readonly Read<SymbolStats>[] = [
  ['cst_relay_stream_connected', (s) => s.connected],
  ['cst_relay_stream_halted', (s) => s.isHalted],
  ['cst_relay_stream_trades_per_second', (s) => s.rate],
  ['cst_relay_stream_last_trade_age_seconds', (s) => seconds(s.lastTradeAgeMs)],
  ['cst_relay_stream_lag_seconds', (s) => seconds(s.lagMs)],
  ['cst_relay_stream_stale', (s) => s.stale.length],
  ['cst_relay_stream_gaps_open', (s) => s.openGaps],
  ['cst_relay_stream_gaps_lost_total', (s) => s.lostGaps],
  ['cst_relay_stream_trades_published_total', (s) => s.publishedTrades],
  ['cst_relay_stream_trades_recovered_total', (s) => s.recoveredTrades],
  ['cst_relay_stream_trades_duplicate_total', (s) => s.duplicateTrades],
  ['cst_relay_stream_book_resyncs_total', (s) => s.resyncs],
  ['cst_relay_stream_book_out_of_sync_seconds', (s) => seconds(s.outOfSyncMs)],
];

const OF_RELAY: readonly Read<RelayReport>[] = [
  ['cst_relay_symbols', (r) => r.symbols.length],
  ['cst_relay_connections_open', (r) => r.connections.filter((c) => c.isOpen).length],
  ['cst_relay_connections_wanted', (r) => r.connections.length],
  ['cst_relay_reconnects_total', (r) => r.reconnects],
  ['cst_relay_clock_offset_seconds', (r) => seconds(r.clockOffsetMs)],
  ['cst_relay_frames_unreadable_total', (r) => r.unreadableFrames],
  ['cst_relay_trades_buffered', (r) => r.bufferedTrades],
  ['cst_relay_outbox_messages', (r) => r.outbox.depth],
  ['cst_relay_outbox_bytes', (r) => r.outbox.bytes],
  ['cst_relay_outbox_spilled_messages', (r) => r.outbox.spilledMessages],
  ['cst_relay_outbox_spilled_bytes', (r) => r.outbox.spilledBytes],
  ['cst_relay_outbox_oldest_age_seconds', (r) => seconds(r.outbox.oldestAgeMs)],
  ['cst_relay_outbox_paused', (r) => r.outbox.pressure === 'pause'],
  ['cst_relay_outbox_failing', (r) => r.outbox.lastError !== null],
  ['cst_relay_outbox_published_total', (r) => r.outbox.published],
  ['cst_relay_outbox_dropped_total', (r) => r.outbox.dropped],
  ['cst_relay_lease_active', (r) => r.standby?.isActive],
  ['cst_relay_lease_epoch', (r) => r.standby?.epoch],
  ['cst_relay_lease_failing', (r) => r.standby && r.standby.problem !== null],
  ['cst_relay_lease_takeovers_total', (r) => r.standby?.takeovers],
  ['cst_relay_recorder_active', (r) => r.recording?.isRecording],
  ['cst_relay_recorder_bytes_total', (r) => r.recording?.bytes],
  ['cst_relay_recorder_entries_total', (r) => r.recording?.entries],
];

export function* relaySamples(report: RelayReport): Iterable<Sample> {
  const { venue } = report;
  for (const [name, of] of OF_RELAY) yield sample(name, of(report), { venue });
  for (const stats of report.symbols) {
    for (const [name, of] of OF_STREAM) yield sample(name, of(stats), { venue, symbol: stats.symbol });
  }
  for (const [reason, n] of Object.entries(report.refused)) {
    yield sample('cst_relay_dead_letters_total', n, { venue, reason });
  }
}
