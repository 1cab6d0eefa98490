-- Walk-forward: in each window the best barriers of the hours before are traded on the hours after, which did not choose them.
-- Grain: one window. Windows follow each other by @test_hours, so the tests do not overlap.
--
-- No lookahead: of the training only trades count that had ended by their end, so none reaches into the test. The
-- expectancy of the test is the honest one; that of the training is what choosing flatters. Sets that earn the same but for
-- the order in which an engine adds are one to it: the first is chosen.
-- @train_hours INT64 = 240: Hours on which barriers are chosen.
-- @test_hours INT64 = 120: Hours on which they are traded.
-- @min_trades INT64 = 10: Trades a set needs in the training to be chosen; a window without such a set has no row.
-- @take_profits ARRAY<FLOAT64> = [0.003,0.005,0.0075,0.01]: Distances of TP from the signal's entry. Unit: share of price.
-- @stop_losses ARRAY<FLOAT64> = [0.003,0.005,0.0075]: Distances of SL from the signal's entry. Unit: share of price.
WITH walk_span AS (
  SELECT DIV(MIN(entry_ms), 3600000) * 3600000 AS start_ms, MAX(entry_ms) AS end_ms
  FROM backtest_trades
),
walk_windows AS (
  SELECT
    window_no,
    start_ms + window_no * @test_hours * 3600000 AS train_from_ms,
    start_ms + (window_no * @test_hours + @train_hours) * 3600000 AS test_from_ms,
    start_ms + ((window_no + 1) * @test_hours + @train_hours) * 3600000 AS test_to_ms
  FROM walk_span
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, DIV(DIV(end_ms - start_ms, 3600000), @test_hours))) AS window_no
  WHERE start_ms + (window_no * @test_hours + @train_hours) * 3600000 <= end_ms
),
walk_trained AS (
  SELECT
    span.window_no,
    trade.variant_no,
    COUNT(trade.net_return) AS train_trades,
    AVG(trade.net_return) AS train_expectancy
  FROM walk_windows AS span
  JOIN backtest_trades AS trade
    ON trade.entry_ms >= span.train_from_ms AND trade.entry_ms < span.test_from_ms AND trade.exit_ms <= span.test_from_ms
  GROUP BY span.window_no, trade.variant_no
  HAVING COUNT(trade.net_return) >= @min_trades
  QUALIFY ROW_NUMBER() OVER (PARTITION BY window_no ORDER BY ROUND(train_expectancy, 12) DESC, variant_no) = 1
)
SELECT
  span.window_no,
  TIMESTAMP_MILLIS(span.train_from_ms) AS train_from,
  TIMESTAMP_MILLIS(span.test_from_ms) AS test_from,
  TIMESTAMP_MILLIS(span.test_to_ms) AS test_to,
  chosen.variant_no,
  ANY_VALUE(trade.take_profit) AS take_profit,
  ANY_VALUE(trade.stop_loss) AS stop_loss,
  chosen.train_trades,
  chosen.train_expectancy,
  COUNT(trade.net_return) AS test_trades,
  AVG(trade.net_return) AS test_expectancy,
  SUM(trade.net_return) AS test_net_return
FROM walk_windows AS span
JOIN walk_trained AS chosen ON chosen.window_no = span.window_no
LEFT JOIN backtest_trades AS trade
  ON trade.variant_no = chosen.variant_no AND trade.entry_ms >= span.test_from_ms AND trade.entry_ms < span.test_to_ms
GROUP BY span.window_no, span.train_from_ms, span.test_from_ms, span.test_to_ms, chosen.variant_no, chosen.train_trades, chosen.train_expectancy
ORDER BY span.window_no
