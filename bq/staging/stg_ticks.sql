-- Trades of the exchanges, each once.
-- Grain: one trade. `seq` orders trades of one millisecond as the exchange did.
SELECT
  id AS tick_id,
  venue,
  symbol,
  tradeId AS trade_id,
  seq,
  ts AS traded_at,
  UNIX_MILLIS(ts) AS traded_ms,
  price,
  size,
  side AS taker_side
FROM ticks
QUALIFY ROW_NUMBER() OVER (PARTITION BY id, ts ORDER BY seq) = 1
