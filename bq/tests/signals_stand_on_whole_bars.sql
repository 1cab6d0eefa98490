-- No signal leaves on a bar that is missing, incomplete, diverged, stale or of the warm-up.
-- Rows are signals whose 1m bar is not there or not complete, or whose feature row forbade it. Judged on what was known at
-- its close at the latest: a bar that is whole by now was not less then than its feature row says.
SELECT
  signal.signal_id,
  signal.signal_at,
  bar.is_complete AS bar_is_complete,
  feature.suppression_count
FROM stg_signals AS signal
LEFT JOIN stg_candles AS bar
  ON bar.venue = signal.venue AND bar.symbol = signal.symbol AND bar.bar_interval = '1m' AND bar.close_ms = signal.signal_ms
LEFT JOIN stg_features AS feature
  ON feature.venue = signal.venue AND feature.symbol = signal.symbol AND feature.close_ms = signal.signal_ms
WHERE NOT IFNULL(bar.is_complete, FALSE) OR feature.suppression_count IS NULL OR feature.suppression_count > 0
