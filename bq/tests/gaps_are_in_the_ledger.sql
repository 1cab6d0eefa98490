-- A minute that is missing or incomplete has its entry in the gap ledger.
-- Rows are minutes of no entry: missing between two bars of a symbol, or not complete. A minute that nobody explains was lost
-- without a word.
WITH unexplained_holes AS (
  SELECT venue, symbol, previous_close_ms AS from_ms, open_ms AS to_ms, 'missing' AS what
  FROM (
    SELECT venue, symbol, open_ms, LAG(close_ms) OVER (PARTITION BY venue, symbol ORDER BY open_ms) AS previous_close_ms
    FROM stg_candles
    WHERE bar_interval = '1m'
  )
  WHERE open_ms > previous_close_ms
  UNION ALL
  SELECT venue, symbol, open_ms, close_ms, 'incomplete'
  FROM stg_candles
  WHERE bar_interval = '1m' AND NOT is_complete
)
SELECT hole.venue, hole.symbol, TIMESTAMP_MILLIS(hole.from_ms) AS from_at, TIMESTAMP_MILLIS(hole.to_ms) AS to_at, hole.what
FROM unexplained_holes AS hole
LEFT JOIN gap_ledger AS span
  ON span.venue = hole.venue AND span.symbol = hole.symbol AND span.from_ms < hole.to_ms AND span.to_ms > hole.from_ms
GROUP BY hole.venue, hole.symbol, hole.from_ms, hole.to_ms, hole.what
HAVING COUNT(span.venue) = 0
