-- Trades, for Looker Studio: one row a closed position.
-- @column exit_at TIMESTAMP dimension: When the position was closed. The report's date range.
-- @column book STRING dimension: Variant of the desk.
-- @column pair STRING dimension: e.g. BTCUSDT.
-- @column side STRING dimension: LONG or SHORT.
-- @column strategy STRING dimension: Strategy that had the idea; `unknown` where its signal is not in history.
-- @column exit_kind STRING dimension: TP, SL, TIMEOUT, LIQUIDATED or CANCELLED.
-- @column trend STRING dimension: Trend at the signal: UP, DOWN, RANGING or UNKNOWN.
-- @column volatility STRING dimension: ATR against its 20-day mean at the signal: LOW, NORMAL, HIGH or UNKNOWN.
-- @column entry_hour INT64 dimension: Hour of the UTC day of the entry.
-- @column pnl FLOAT64 metric: Net of fees and known funding; sum it. Unit: quote.
-- @column net_return FLOAT64 metric: pnl as a share of the notional; average it.
-- @column fees FLOAT64 metric: Sum it. Unit: quote.
-- @column known_funding FLOAT64 metric: Sum it; 0 is shown where it is not known, see funding_unknown. Unit: quote.
-- @column funding_unknown INT64 metric: 1 where a funding fell due whose rate was not recorded; sum it.
-- @column slippage_cost FLOAT64 metric: Sum it. Unit: quote.
-- @column is_win INT64 metric: 1 where pnl > 0; its average is the win rate.
-- @column held_minutes FLOAT64 metric: Average it.
SELECT
  exit_at,
  book,
  pair,
  side,
  IFNULL(strategy, 'unknown') AS strategy,
  exit_kind,
  IFNULL(trend, 'UNKNOWN') AS trend,
  volatility,
  entry_hour,
  pnl,
  net_return,
  fees,
  IFNULL(funding, 0) AS known_funding,
  IF(is_funding_known, 0, 1) AS funding_unknown,
  slippage_cost,
  IF(pnl > 0, 1, 0) AS is_win,
  held_minutes
FROM trades
