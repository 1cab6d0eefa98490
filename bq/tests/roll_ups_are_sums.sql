-- A complete 5m, 15m, 1h or 4h bar is what its minutes say: first open, highest high, lowest low, last close, summed volume.
-- Rows are bars that differ although all their minutes are there and complete. Volume may differ by the noise of summation.
WITH summed_minutes AS (
  SELECT
    bar.venue,
    bar.symbol,
    bar.bar_interval,
    bar.open_at,
    bar.close_ms - bar.open_ms AS length_ms,
    bar.open,
    bar.high,
    bar.low,
    bar.close,
    bar.volume,
    COUNT(*) AS minutes,
    ANY_VALUE(minute.open HAVING MIN minute.open_ms) AS first_open,
    MAX(minute.high) AS highest,
    MIN(minute.low) AS lowest,
    ANY_VALUE(minute.close HAVING MAX minute.open_ms) AS last_close,
    SUM(minute.volume) AS summed_volume
  FROM stg_candles AS minute
  JOIN stg_candles AS bar
    ON bar.venue = minute.venue
    AND bar.symbol = minute.symbol
    AND bar.open_ms = minute.open_ms - MOD(minute.open_ms, bar.close_ms - bar.open_ms)
  WHERE minute.bar_interval = '1m' AND minute.is_complete AND bar.bar_interval <> '1m' AND bar.is_complete
  GROUP BY bar.venue, bar.symbol, bar.bar_interval, bar.open_at, length_ms, bar.open, bar.high, bar.low, bar.close, bar.volume
)
SELECT *
FROM summed_minutes
WHERE
  minutes * 60000 = length_ms
  AND (
    open <> first_open
    OR high <> highest
    OR low <> lowest
    OR close <> last_close
    OR ABS(volume - summed_volume) > 1e-9 * GREATEST(1, volume)
  )
