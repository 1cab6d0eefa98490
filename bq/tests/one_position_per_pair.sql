-- A book holds one position in a pair at a time.
-- Rows are entries made while an earlier one of the same book and pair was still open.
WITH overlapping_positions AS (
  SELECT
    entered.book,
    entered.pair,
    entered.signal_id,
    entered.event_ms AS entry_ms,
    closed.event_ms AS exit_ms
  FROM stg_position_events AS entered
  LEFT JOIN stg_position_events AS closed
    ON closed.book = entered.book AND closed.signal_id = entered.signal_id AND closed.kind = 'EXIT'
  WHERE entered.kind = 'ENTRY'
)
SELECT later.book, later.pair, later.signal_id, TIMESTAMP_MILLIS(later.entry_ms) AS entry_at, earlier.signal_id AS still_open
FROM overlapping_positions AS later
JOIN overlapping_positions AS earlier
  ON earlier.book = later.book
  AND earlier.pair = later.pair
  AND earlier.signal_id <> later.signal_id
  AND (earlier.entry_ms < later.entry_ms OR (earlier.entry_ms = later.entry_ms AND earlier.signal_id < later.signal_id))
  AND (earlier.exit_ms IS NULL OR earlier.exit_ms > later.entry_ms)
