-- What the graph knew of a pair at each 1m close, in the best revision.
-- Grain: one pair and minute. Known at `close_ms`, decided on at no time before it.
SELECT
  venue,
  symbol,
  pair,
  openTime AS open_at,
  UNIX_MILLIS(openTime) AS open_ms,
  UNIX_MILLIS(closeTime) AS close_ms,
  close,
  volume,
  rsi7,
  rsi14,
  volumeRatio AS volume_ratio,
  volumeSpike AS volume_spike,
  bookImbalance10s AS book_imbalance_10s,
  divergence,
  voided AS is_voided,
  levelsAsOf AS levels_as_of,
  nearestSupport AS nearest_support,
  nearestResistance AS nearest_resistance,
  trend,
  atr,
  atrBaseline AS atr_baseline,
  priceDeviation AS price_deviation,
  coverage,
  suppressions,
  ARRAY_LENGTH(suppressions) AS suppression_count,
  revision
FROM features
QUALIFY ROW_NUMBER() OVER (PARTITION BY venue, symbol, openTime ORDER BY revision DESC) = 1
