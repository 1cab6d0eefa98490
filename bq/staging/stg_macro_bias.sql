-- Directional bias of each pair, each 15-minute slot once.
-- Grain: one pair and slot. `bias` is null while none is engaged; it holds until `expires_ms` or the next slot.
SELECT
  pair,
  timestamp AS biased_at,
  UNIX_MILLIS(timestamp) AS biased_ms,
  UNIX_MILLIS(expires_at) AS expires_ms,
  bias,
  confidence.long AS confidence_long,
  confidence.short AS confidence_short
FROM macro_bias
QUALIFY ROW_NUMBER() OVER (PARTITION BY id, timestamp ORDER BY expires_at DESC) = 1
