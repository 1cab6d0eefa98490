-- Gap ledger: every span in which trades of a symbol may be missing, and whether it is known to be whole again.
-- Grain: one venue, symbol and span. A span counts as recovered only where one RECOVERED holds all of it.
WITH ledger_spans AS (
  SELECT venue, symbol, from_ms, to_ms, MIN(noticed_at) AS noticed_at, ANY_VALUE(cause HAVING MAX noticed_ms) AS cause
  FROM stg_feed_events
  WHERE kind = 'GAP' AND from_ms IS NOT NULL AND to_ms IS NOT NULL
  GROUP BY venue, symbol, from_ms, to_ms
),
ledger_recoveries AS (
  SELECT venue, symbol, from_ms, to_ms, trades_recovered, noticed_at
  FROM stg_feed_events
  WHERE kind = 'RECOVERED' AND is_resolved
)
SELECT
  span.venue,
  span.symbol,
  span.from_ms,
  span.to_ms,
  TIMESTAMP_MILLIS(span.from_ms) AS from_at,
  TIMESTAMP_MILLIS(span.to_ms) AS to_at,
  (span.to_ms - span.from_ms) / 1000 AS span_s,
  span.noticed_at,
  span.cause,
  COUNT(recovery.venue) > 0 AS is_recovered,
  IFNULL(MAX(recovery.trades_recovered), 0) AS trades_recovered,
  MIN(recovery.noticed_at) AS recovered_at
FROM ledger_spans AS span
LEFT JOIN ledger_recoveries AS recovery
  ON recovery.venue = span.venue
  AND recovery.symbol = span.symbol
  AND recovery.from_ms <= span.from_ms
  AND recovery.to_ms >= span.to_ms
  AND recovery.noticed_at >= span.noticed_at
GROUP BY span.venue, span.symbol, span.from_ms, span.to_ms, span.noticed_at, span.cause
