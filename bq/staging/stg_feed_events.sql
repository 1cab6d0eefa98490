-- What happened to the feeds, each once: the gap ledger's raw material.
-- Grain: one event. A GAP adds its span to what may be missing, a RECOVERED takes its own off again.
SELECT
  id AS event_id,
  venue,
  symbol,
  kind,
  ts AS noticed_at,
  UNIX_MILLIS(ts) AS noticed_ms,
  UNIX_MILLIS(`from`) AS from_ms,
  UNIX_MILLIS(`to`) AS to_ms,
  cause,
  tradesRecovered AS trades_recovered,
  resolved AS is_resolved
FROM feed_events
QUALIFY ROW_NUMBER() OVER (PARTITION BY id, ts ORDER BY tradesRecovered DESC) = 1
