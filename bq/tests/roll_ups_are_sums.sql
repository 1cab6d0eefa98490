-- A complete 5m, 15m, 1h or 4h bar is what its minutes say: first open, highest high, lowest low, last close, summed volume.
-- Rows are bars that differ although all their minutes are there and complete. Volume may differ by the noise of summation.
WITH summed_lengths AS (
  SELECT '5m' AS bar_interval, 300000 AS length_ms
  UNION ALL
  SELECT '15m', 900000
  UNION ALL
  SELECT '1h', 3600000
  UNION ALL
  SELECT '4h', 14400000
),
summed_minutes AS (
  SELECT
    minute.venue,
    minute.symbol,
    length.bar_interval,
    length.length_ms,
    minute.open_ms - MOD(minute.open_ms, length.length_ms) AS open_ms,
    COUNT(*) AS minutes,
    ANY_VALUE(minute.open HAVING MIN minute.open_ms) AS first_open,
    MAX(minute.high) AS highest,
    MIN(minute.low) AS lowest,
    ANY_VALUE(minute.close HAVING MAX minute.open_ms) AS last_close,
    SUM(minute.volume) AS summed_volume
  FROM stg_candles AS minute
  CROSS JOIN summed_lengths AS length
  WHERE minute.bar_interval = '1m' AND minute.is_complete
  GROUP BY 1, 2, 3, 4, 5
)
SELECT
  bar.venue,
  bar.symbol,
  bar.bar_interval,
  bar.open_at,
  bar.open,
  summed.first_open,
  bar.high,
  summed.highest,
  bar.low,
  summed.lowest,
  bar.close,
  summed.last_close,
  bar.volume,
  summed.summed_volume
FROM summed_minutes AS summed
JOIN stg_candles AS bar
  ON bar.venue = summed.venue
  AND bar.symbol = summed.symbol
  AND bar.bar_interval = summed.bar_interval
  AND bar.open_ms = summed.open_ms
WHERE
  bar.is_complete
  AND summed.minutes * 60000 = summed.length_ms
  AND (
    bar.open <> summed.first_open
    OR bar.high <> summed.highest
    OR bar.low <> summed.lowest
    OR bar.close <> summed.last_close
    OR ABS(bar.volume - summed.summed_volume) > 1e-9 * GREATEST(1, bar.volume)
  )
