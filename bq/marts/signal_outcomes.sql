-- What the market did after each signal, traded or not: the signal's own worth, before any rule of the desk.
-- Grain: one signal and book; book is null where no desk decided on it.
-- Returns are of the signal's side, from its entry to the close that many minutes later; null while that bar is not known.
-- Best and worst are of highs and lows within the hour. All of it lies after the signal: never a condition to trade on.
WITH outcome_bars AS (
  SELECT
    signal.signal_id,
    minute + 1 AS minutes_after,
    signal.direction * (bar.close - signal.entry) / signal.entry AS return_at_close,
    IF(signal.direction = 1, bar.high - signal.entry, signal.entry - bar.low) / signal.entry AS best,
    IF(signal.direction = 1, bar.low - signal.entry, signal.entry - bar.high) / signal.entry AS worst
  FROM stg_signals AS signal
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, 59)) AS minute
  JOIN stg_candles AS bar
    ON bar.venue = signal.venue
    AND bar.symbol = signal.symbol
    AND bar.bar_interval = '1m'
    AND bar.open_ms = signal.signal_ms + minute * 60000
),
outcome_returns AS (
  SELECT
    signal_id,
    COUNT(*) AS bars,
    MAX(IF(minutes_after = 5, return_at_close, NULL)) AS return_5m,
    MAX(IF(minutes_after = 15, return_at_close, NULL)) AS return_15m,
    MAX(IF(minutes_after = 60, return_at_close, NULL)) AS return_60m,
    MAX(best) AS best_60m,
    MIN(worst) AS worst_60m
  FROM outcome_bars
  GROUP BY signal_id
)
SELECT
  signal.signal_id,
  decision.book,
  signal.strategy,
  signal.variant,
  signal.pair,
  signal.side,
  signal.signal_at,
  signal.signal_ms,
  signal.confidence,
  decision.refusal,
  decision.event_id IS NOT NULL AND decision.refusal IS NULL AS is_accepted,
  after.bars,
  after.return_5m,
  after.return_15m,
  after.return_60m,
  after.best_60m,
  after.worst_60m
FROM stg_signals AS signal
LEFT JOIN stg_position_events AS decision ON decision.signal_id = signal.signal_id AND decision.kind = 'DECISION'
LEFT JOIN outcome_returns AS after ON after.signal_id = signal.signal_id
