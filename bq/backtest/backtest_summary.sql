-- What the backtest earned: all trades, and by pair, strategy, side and kind of exit.
-- Grain: one set of barriers, dimension and value of it. Returns are shares of a trade's notional, each trade of the same size.
-- Drawdown is of the sum of net returns, in the order of exits. `t_statistic` and `win_rate` are null below @min_trades: a
-- small sample tells nothing. The t-statistic knows nothing of how many variants were tried: see docs of cst tune.
-- @min_trades INT64 = 30: Trades below which ratios are not given.
WITH summary_rows AS (
  SELECT *, 'all' AS dimension, 'all' AS dimension_value FROM backtest_trades
  UNION ALL
  SELECT *, 'pair', pair FROM backtest_trades
  UNION ALL
  SELECT *, 'strategy', strategy FROM backtest_trades
  UNION ALL
  SELECT *, 'side', side FROM backtest_trades
  UNION ALL
  SELECT *, 'exit', IFNULL(exit_kind, 'UNRESOLVED') FROM backtest_trades
),
summary_sums AS (
  SELECT
    *,
    SUM(net_return) OVER (
      PARTITION BY variant_no, dimension, dimension_value ORDER BY exit_ms, signal_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS summed_return
  FROM summary_rows
),
summary_peaks AS (
  SELECT
    *,
    GREATEST(0, MAX(summed_return) OVER (
      PARTITION BY variant_no, dimension, dimension_value ORDER BY exit_ms, signal_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )) AS peak_return
  FROM summary_sums
)
SELECT
  variant_no,
  ANY_VALUE(take_profit) AS take_profit,
  ANY_VALUE(stop_loss) AS stop_loss,
  ANY_VALUE(timeout_min) AS timeout_min,
  dimension,
  dimension_value,
  COUNT(net_return) AS trades,
  COUNTIF(exit_kind IS NULL) AS unresolved,
  COUNTIF(NOT is_funding_known) AS funding_unknown,
  SUM(gross_return) AS gross_return,
  SUM(fee_return) AS fee_return,
  SUM(net_return) AS net_return,
  AVG(net_return) AS expectancy,
  AVG(IF(net_return > 0, net_return, NULL)) AS average_win,
  AVG(IF(net_return <= 0, net_return, NULL)) AS average_loss,
  SAFE_DIVIDE(SUM(IF(net_return > 0, net_return, 0)), -SUM(IF(net_return < 0, net_return, 0))) AS profit_factor,
  MAX(peak_return - summed_return) AS max_drawdown,
  SUM(IF(net_return IS NULL, 0, exit_ms - entry_ms)) / 60000 AS minutes_in_market,
  IF(COUNT(net_return) >= @min_trades, COUNTIF(net_return > 0) / COUNT(net_return), NULL) AS win_rate,
  IF(COUNT(net_return) >= @min_trades, SAFE_DIVIDE(AVG(net_return) * SQRT(COUNT(net_return)), STDDEV_SAMP(net_return)), NULL) AS t_statistic
FROM summary_peaks
GROUP BY variant_no, dimension, dimension_value
ORDER BY variant_no, dimension, dimension_value
