-- Funding as it fell due: the newest rate seen in the ten minutes before each 00:00, 08:00 and 16:00 UTC.
-- Grain: one symbol and funding time. Where no rate was seen so shortly before, there is no row: unknown is never 0.
SELECT
  venue,
  symbol,
  (DIV(seen_ms, 28800000) + 1) * 28800000 AS funding_ms,
  funding_rate AS rate,
  COALESCE(mark_price, mid, last_price) AS price,
  seen_ms
FROM stg_book_snapshots
WHERE
  is_connected
  AND funding_rate IS NOT NULL
  AND COALESCE(mark_price, mid, last_price) IS NOT NULL
  AND (DIV(seen_ms, 28800000) + 1) * 28800000 - seen_ms <= 600000
QUALIFY ROW_NUMBER() OVER (PARTITION BY venue, symbol, DIV(seen_ms, 28800000) ORDER BY seen_ms DESC) = 1
