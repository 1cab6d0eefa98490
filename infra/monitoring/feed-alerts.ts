/** Rules about the exchange's feed, and about the relays that bring it. */
import { type AlertRule, rule } from './rule.ts';

const FEED: readonly AlertRule[] = [
  rule(
    'page',
    'FeedDead',
    60,
    'sum by (venue) (cst_relay_connections_open) == 0',
    'No connection to {{ $labels.venue }} stands.',
  ),
  rule(
    'page',
    'FeedSilent',
    60,
    'min by (venue) (cst_relay_stream_last_trade_age_seconds) > 60',
    '{{ $labels.venue }}: no symbol has traded for a minute, so that it is not the market that is quiet.',
  ),
  rule(
    'ticket',
    'FeedStale',
    300,
    'count by (venue) ((cst_relay_stream_stale > 0) unless (cst_relay_stream_halted == 1)) > 0',
    '{{ $labels.venue }}: {{ $value }} symbols lack some kind of data.',
  ),
  rule(
    'ticket',
    'BookOutOfSync',
    120,
    'count by (venue) (cst_relay_stream_book_out_of_sync_seconds > 60) > 0',
    '{{ $labels.venue }}: {{ $value }} order books are not whole.',
  ),
  rule(
    'ticket',
    'GapLost',
    0,
    'sum by (venue) (increase(cst_relay_stream_gaps_lost_total[15m])) > 0',
    '{{ $labels.venue }}: trades are missing that the exchange does not give any more.',
  ),
  rule(
    'ticket',
    'RelayRefuses',
    0,
    'sum by (venue, reason) (increase(cst_relay_dead_letters_total[15m])) > 10',
    '{{ $labels.venue }} sends what cannot be read: {{ $labels.reason }}.',
  ),
  rule(
    'ticket',
    'RelayClockOff',
    300,
    'max by (venue) (abs(cst_relay_clock_offset_seconds)) > 1',
    'The relay of {{ $labels.venue }} has another time than the exchange, by {{ $value }} s.',
  ),
];

const RELAY: readonly AlertRule[] = [
  rule(
    'page',
    'RelayBusFailing',
    120,
    'max by (venue) (cst_relay_outbox_failing) == 1',
    'The bus takes nothing from the relay of {{ $labels.venue }}.',
  ),
  rule(
    'ticket',
    'RelaySpilling',
    300,
    'sum by (venue) (cst_relay_outbox_spilled_bytes) > 0',
    'The relay of {{ $labels.venue }} keeps {{ $value }} bytes on disk that the bus did not take.',
  ),
  rule(
    'page',
    'RelayNoneActive',
    60,
    'max by (venue) (cst_relay_lease_active) == 0',
    'No relay of {{ $labels.venue }} publishes: nobody holds the lease.',
  ),
  rule(
    'ticket',
    'RelayTwoActive',
    // Google Cloud is not told that an instance has ended: for five minutes it still counts what it last said.
    360,
    'sum by (venue) (cst_relay_lease_active) > 1',
    'Two relays of {{ $labels.venue }} believe that they hold the lease.',
  ),
  rule(
    'ticket',
    'RelayFlapping',
    0,
    'sum by (venue) (increase(cst_relay_lease_takeovers_total[30m])) > 3',
    'The relays of {{ $labels.venue }} take over from each other again and again.',
  ),
];

export const FEED_RULES: readonly AlertRule[] = [...FEED, ...RELAY];
