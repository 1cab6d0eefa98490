-- How long it takes from the close of a signal's bar to the desk's decision and entry, and from decision to entry.
-- Grain: one UTC day, book and stage. Unit: ms of the exchange's and the desk's clocks; exact quantiles, interpolated.
WITH latency_spans AS (
  SELECT DATE(event_at) AS span_day, book, IF(kind = 'DECISION', 'signal to decision', 'signal to entry') AS stage, event_ms - signal.signal_ms AS ms
  FROM stg_position_events AS event
  JOIN stg_signals AS signal ON signal.signal_id = event.signal_id
  WHERE kind IN ('DECISION', 'ENTRY')
  UNION ALL
  SELECT DATE(entered.event_at), entered.book, 'decision to entry', entered.event_ms - decided.event_ms
  FROM stg_position_events AS entered
  JOIN stg_position_events AS decided
    ON decided.book = entered.book AND decided.signal_id = entered.signal_id AND decided.kind = 'DECISION'
  WHERE entered.kind = 'ENTRY'
),
latency_quantiles AS (
  SELECT
    span_day,
    book,
    stage,
    ms,
    PERCENTILE_CONT(ms, 0.5) OVER (PARTITION BY span_day, book, stage) AS p50_ms,
    PERCENTILE_CONT(ms, 0.9) OVER (PARTITION BY span_day, book, stage) AS p90_ms,
    PERCENTILE_CONT(ms, 0.99) OVER (PARTITION BY span_day, book, stage) AS p99_ms
  FROM latency_spans
)
SELECT
  span_day,
  book,
  stage,
  COUNT(*) AS events,
  MIN(ms) AS min_ms,
  MAX(p50_ms) AS p50_ms,
  MAX(p90_ms) AS p90_ms,
  MAX(p99_ms) AS p99_ms,
  MAX(ms) AS max_ms
FROM latency_quantiles
GROUP BY span_day, book, stage
