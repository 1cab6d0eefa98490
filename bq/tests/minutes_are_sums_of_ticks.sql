-- A complete minute is what its trades say, where they are still kept: open, high, low, close by (ts, seq), and volume.
-- Rows are complete minutes that differ from their trades. Minutes without any kept trade are passed over.
WITH summed_ticks AS (
  SELECT
    venue,
    symbol,
    DIV(traded_ms, 60000) * 60000 AS open_ms,
    COUNT(*) AS tick_count,
    ANY_VALUE(price HAVING MIN traded_ms * 1000 + tick_place) AS first_price,
    MAX(price) AS highest,
    MIN(price) AS lowest,
    ANY_VALUE(price HAVING MAX traded_ms * 1000 + tick_place) AS last_price,
    SUM(size) AS size_sum
  FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY venue, symbol, traded_ms ORDER BY seq) AS tick_place FROM stg_ticks
  )
  GROUP BY venue, symbol, open_ms
)
SELECT bar.venue, bar.symbol, bar.open_at, bar.trades, ticks.tick_count, bar.volume, ticks.size_sum
FROM stg_candles AS bar
JOIN summed_ticks AS ticks ON ticks.venue = bar.venue AND ticks.symbol = bar.symbol AND ticks.open_ms = bar.open_ms
WHERE
  bar.bar_interval = '1m'
  AND bar.is_complete
  AND (
    bar.open <> ticks.first_price
    OR bar.high <> ticks.highest
    OR bar.low <> ticks.lowest
    OR bar.close <> ticks.last_price
    OR ABS(bar.volume - ticks.size_sum) > 1e-9 * GREATEST(1, bar.volume)
  )
