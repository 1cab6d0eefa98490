-- In which markets the backtest earned: by trend and volatility as they were known at the signal.
-- Grain: one set of barriers, trend and volatility. Both are of the feature row the signal was decided on, never of later ones.
-- @high_atr FLOAT64 = 2: ATR above this × its 20-day mean is high volatility.
-- @low_atr FLOAT64 = 0.5: ATR below this × its 20-day mean is low volatility.
WITH regime_trades AS (
  SELECT
    trade.*,
    IFNULL(feature.trend, 'UNKNOWN') AS trend,
    CASE
      WHEN feature.atr IS NULL OR feature.atr_baseline IS NULL THEN 'UNKNOWN'
      WHEN feature.atr > @high_atr * feature.atr_baseline THEN 'HIGH'
      WHEN feature.atr < @low_atr * feature.atr_baseline THEN 'LOW'
      ELSE 'NORMAL'
    END AS volatility
  FROM backtest_trades AS trade
  JOIN stg_signals AS signal ON signal.signal_id = trade.signal_id
  LEFT JOIN stg_features AS feature
    ON feature.venue = signal.venue AND feature.symbol = signal.symbol AND feature.close_ms = signal.signal_ms
)
SELECT
  variant_no,
  trend,
  volatility,
  COUNT(net_return) AS trades,
  SUM(net_return) AS net_return,
  AVG(net_return) AS expectancy,
  SAFE_DIVIDE(COUNTIF(net_return > 0), COUNT(net_return)) AS win_rate,
  STDDEV_SAMP(net_return) AS deviation
FROM regime_trades
GROUP BY variant_no, trend, volatility
ORDER BY variant_no, trend, volatility
