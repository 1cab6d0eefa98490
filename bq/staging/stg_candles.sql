-- Candles of every interval, in the best revision of each bar.
-- Grain: one bar of one venue, symbol and interval. A filled bar is one without trades.
SELECT
  venue,
  symbol,
  `interval` AS bar_interval,
  openTime AS open_at,
  UNIX_MILLIS(openTime) AS open_ms,
  UNIX_MILLIS(openTime)
    + CASE `interval` WHEN '1m' THEN 60000 WHEN '5m' THEN 300000 WHEN '15m' THEN 900000 WHEN '1h' THEN 3600000 ELSE 14400000 END
    AS close_ms,
  open,
  high,
  low,
  close,
  volume,
  turnover,
  buyVolume AS buy_volume,
  trades,
  vwap,
  coverage,
  filled AS is_filled,
  complete AS is_complete,
  revision
FROM candles
QUALIFY ROW_NUMBER() OVER (PARTITION BY venue, symbol, `interval`, openTime ORDER BY revision DESC) = 1
