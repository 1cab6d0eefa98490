-- Book, funding and feed health of each symbol and second, each once.
-- Grain: one symbol and second. Where the feed was not connected, prices are those last seen.
SELECT
  venue,
  symbol,
  ts AS seen_at,
  UNIX_MILLIS(ts) AS seen_ms,
  bestBid AS best_bid,
  bestAsk AS best_ask,
  (bestBid + bestAsk) / 2 AS mid,
  bidDepth.bps5 AS bid_depth_5bps,
  bidDepth.bps25 AS bid_depth_25bps,
  askDepth.bps5 AS ask_depth_5bps,
  askDepth.bps25 AS ask_depth_25bps,
  lastPrice AS last_price,
  fundingRate AS funding_rate,
  nextFundingTime AS next_funding_at,
  markPrice AS mark_price,
  openInterest AS open_interest,
  connected AS is_connected,
  lastTradeAgeMs AS last_trade_age_ms,
  desyncMs AS desync_ms,
  publishedTrades AS published_trades
FROM book_snapshots
QUALIFY ROW_NUMBER() OVER (PARTITION BY venue, symbol, ts ORDER BY publishedTrades DESC) = 1
