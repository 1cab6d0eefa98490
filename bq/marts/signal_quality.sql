-- How good signals are, by strategy, variant, pair and tenth of confidence, whether or not they were traded.
-- Grain: one strategy, variant, pair and tenth of confidence.
WITH quality_signals AS (
  SELECT
    signal_id,
    ANY_VALUE(strategy) AS strategy,
    ANY_VALUE(variant) AS variant,
    ANY_VALUE(pair) AS pair,
    CAST(FLOOR(ANY_VALUE(confidence) * 10) AS INT64) AS confidence_tenth,
    LOGICAL_OR(is_accepted) AS is_accepted,
    ANY_VALUE(return_5m) AS return_5m,
    ANY_VALUE(return_15m) AS return_15m,
    ANY_VALUE(return_60m) AS return_60m,
    ANY_VALUE(best_60m) AS best_60m,
    ANY_VALUE(worst_60m) AS worst_60m
  FROM signal_outcomes
  GROUP BY signal_id
)
SELECT
  strategy,
  variant,
  pair,
  confidence_tenth,
  COUNT(*) AS signals,
  COUNTIF(is_accepted) AS accepted,
  AVG(return_5m) AS mean_return_5m,
  AVG(return_15m) AS mean_return_15m,
  AVG(return_60m) AS mean_return_60m,
  STDDEV_SAMP(return_15m) AS deviation_15m,
  SAFE_DIVIDE(COUNTIF(return_15m > 0), COUNT(return_15m)) AS hit_rate_15m,
  AVG(best_60m) AS mean_best_60m,
  AVG(worst_60m) AS mean_worst_60m
FROM quality_signals
GROUP BY strategy, variant, pair, confidence_tenth
