-- Scalp signals, each once.
-- Grain: one signal. It was known at `signal_ms`, the close of its bar, and its entry price is that close.
SELECT
  id AS signal_id,
  strategy,
  variant,
  venue,
  symbol,
  pair,
  side,
  IF(side = 'LONG', 1, -1) AS direction,
  entry,
  tp,
  sl,
  timestamp AS signal_at,
  UNIX_MILLIS(timestamp) AS signal_ms,
  UNIX_MILLIS(expires_at) AS expires_ms,
  confidence,
  exhaustion_checks.volume_drop AS has_volume_drop,
  exhaustion_checks.double_wick AS has_double_wick,
  exhaustion_checks.rsi_extreme AS has_rsi_extreme,
  exhaustion_checks.order_book_flip AS has_order_book_flip,
  atr,
  leverage,
  params_hash,
  signal_reason
FROM scalp_signals
QUALIFY ROW_NUMBER() OVER (PARTITION BY id, timestamp ORDER BY inputs_hash) = 1
