-- How much of the market was seen, by venue, symbol and day.
-- Grain: one venue, symbol and UTC day. Shares are of the minutes there are rows for.
WITH quality_minutes AS (
  SELECT
    venue,
    symbol,
    DATE(open_at) AS feed_day,
    COUNT(*) AS minutes,
    COUNTIF(is_complete) / COUNT(*) AS complete_share,
    COUNTIF(is_filled) / COUNT(*) AS filled_share,
    AVG(coverage) AS coverage,
    (MAX(close_ms) - MIN(open_ms)) / 60000 - COUNT(*) AS missing_minutes
  FROM stg_candles
  WHERE bar_interval = '1m'
  GROUP BY venue, symbol, feed_day
),
quality_gaps AS (
  SELECT
    venue,
    symbol,
    DATE(from_at) AS feed_day,
    COUNT(*) AS gaps,
    SUM(span_s) AS gap_s,
    SUM(IF(is_recovered, 0, span_s)) AS lost_s,
    SUM(trades_recovered) AS trades_recovered
  FROM gap_ledger
  GROUP BY venue, symbol, feed_day
),
quality_events AS (
  SELECT
    venue,
    symbol,
    DATE(noticed_at) AS feed_day,
    COUNTIF(kind = 'DISCONNECTED') AS disconnects,
    COUNTIF(kind = 'STALE') AS stalls,
    COUNTIF(kind = 'RESYNC') AS resyncs,
    COUNTIF(kind = 'DIFFERS') AS bars_that_differed
  FROM stg_feed_events
  GROUP BY venue, symbol, feed_day
)
SELECT
  minutes.venue,
  minutes.symbol,
  minutes.feed_day,
  minutes.minutes,
  minutes.missing_minutes,
  minutes.complete_share,
  minutes.filled_share,
  minutes.coverage,
  IFNULL(gaps.gaps, 0) AS gaps,
  IFNULL(gaps.gap_s, 0) AS gap_s,
  IFNULL(gaps.lost_s, 0) AS lost_s,
  IFNULL(gaps.trades_recovered, 0) AS trades_recovered,
  IFNULL(events.disconnects, 0) AS disconnects,
  IFNULL(events.stalls, 0) AS stalls,
  IFNULL(events.resyncs, 0) AS resyncs,
  IFNULL(events.bars_that_differed, 0) AS bars_that_differed
FROM quality_minutes AS minutes
LEFT JOIN quality_gaps AS gaps
  ON gaps.venue = minutes.venue AND gaps.symbol = minutes.symbol AND gaps.feed_day = minutes.feed_day
LEFT JOIN quality_events AS events
  ON events.venue = minutes.venue AND events.symbol = minutes.symbol AND events.feed_day = minutes.feed_day
