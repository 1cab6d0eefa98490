-- What a book earned, by day, pair, strategy, hour of entry, trend, volatility, bias and kind of exit.
-- Grain: one book, dimension and value of it; dimension `all` has one row. Ratios are null where their divisor is 0.
WITH performance_rows AS (
  SELECT book, 'all' AS dimension, 'all' AS dimension_value, pnl, fees, funding, is_funding_known, slippage_cost, held_minutes, notional FROM trades
  UNION ALL
  SELECT book, 'day', CAST(exit_day AS STRING), pnl, fees, funding, is_funding_known, slippage_cost, held_minutes, notional FROM trades
  UNION ALL
  SELECT book, 'pair', pair, pnl, fees, funding, is_funding_known, slippage_cost, held_minutes, notional FROM trades
  UNION ALL
  SELECT book, 'strategy', IFNULL(strategy, 'unknown'), pnl, fees, funding, is_funding_known, slippage_cost, held_minutes, notional FROM trades
  UNION ALL
  SELECT book, 'hour', LPAD(CAST(entry_hour AS STRING), 2, '0'), pnl, fees, funding, is_funding_known, slippage_cost, held_minutes, notional FROM trades
  UNION ALL
  SELECT book, 'trend', IFNULL(trend, 'UNKNOWN'), pnl, fees, funding, is_funding_known, slippage_cost, held_minutes, notional FROM trades
  UNION ALL
  SELECT book, 'volatility', volatility, pnl, fees, funding, is_funding_known, slippage_cost, held_minutes, notional FROM trades
  UNION ALL
  SELECT book, 'bias', bias_adherence, pnl, fees, funding, is_funding_known, slippage_cost, held_minutes, notional FROM trades
  UNION ALL
  SELECT book, 'exit', exit_kind, pnl, fees, funding, is_funding_known, slippage_cost, held_minutes, notional FROM trades
)
SELECT
  book,
  dimension,
  dimension_value,
  COUNT(*) AS trades,
  COUNTIF(pnl > 0) AS wins,
  COUNTIF(pnl > 0) / COUNT(*) AS win_rate,
  SUM(pnl) AS pnl,
  AVG(pnl) AS expectancy,
  AVG(IF(pnl > 0, pnl, NULL)) AS average_win,
  AVG(IF(pnl <= 0, pnl, NULL)) AS average_loss,
  SAFE_DIVIDE(SUM(IF(pnl > 0, pnl, 0)), -SUM(IF(pnl < 0, pnl, 0))) AS profit_factor,
  SUM(fees) AS fees,
  SUM(funding) AS known_funding,
  COUNTIF(NOT is_funding_known) AS trades_with_funding_unknown,
  SUM(slippage_cost) AS slippage_cost,
  SUM(notional) AS notional,
  AVG(held_minutes) AS held_minutes
FROM performance_rows
GROUP BY book, dimension, dimension_value
ORDER BY book, dimension, dimension_value
