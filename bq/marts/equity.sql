-- Equity of each book after each exit, with its peak and drawdown.
-- Grain: one exit. Equity is what the desk had then; drawdown is a share of the peak up to then.
WITH equity_steps AS (
  SELECT
    book,
    signal_id,
    event_at,
    event_ms,
    event_id,
    pnl,
    equity,
    equity - pnl AS equity_before
  FROM stg_position_events
  WHERE kind = 'EXIT' AND pnl IS NOT NULL AND equity IS NOT NULL
),
equity_peaks AS (
  SELECT
    *,
    GREATEST(
      MAX(equity) OVER (PARTITION BY book ORDER BY event_ms, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
      FIRST_VALUE(equity_before) OVER (PARTITION BY book ORDER BY event_ms, event_id)
    ) AS peak
  FROM equity_steps
)
SELECT
  book,
  signal_id,
  event_at AS exit_at,
  event_ms AS exit_ms,
  pnl,
  equity,
  peak,
  SAFE_DIVIDE(peak - equity, peak) AS drawdown
FROM equity_peaks
