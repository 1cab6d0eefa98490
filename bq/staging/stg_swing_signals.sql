-- Swing signals of the MACRO engine, each once.
-- Grain: one signal.
SELECT
  id AS signal_id,
  pair,
  side,
  entry,
  tp,
  sl,
  timestamp AS signal_at,
  UNIX_MILLIS(timestamp) AS signal_ms,
  UNIX_MILLIS(expires_at) AS expires_ms,
  confidence.long AS confidence_long,
  confidence.short AS confidence_short,
  params_hash,
  signal_reason
FROM swing_signals
QUALIFY ROW_NUMBER() OVER (PARTITION BY id, timestamp ORDER BY params_hash) = 1
