-- What was known of a pair's levels and trend at each 15m close, in the best revision.
-- Grain: one pair and 15m close. `levels` stays an array; stg_levels has one row for each.
SELECT
  venue,
  symbol,
  pair,
  asOf AS as_of,
  UNIX_MILLIS(asOf) AS as_of_ms,
  level_set.levels,
  trend,
  trendlineHigh.slope AS trend_high_slope,
  trendlineLow.slope AS trend_low_slope,
  pointOfControl AS point_of_control,
  atr,
  atrBaseline AS atr_baseline,
  candles AS candles_seen,
  complete AS is_complete,
  revision
FROM levels AS level_set
QUALIFY ROW_NUMBER() OVER (PARTITION BY pair, asOf ORDER BY revision DESC) = 1
