-- A position is decided, then entered, then left: no exit without its entry, none before it, no entry that was refused.
-- Rows are events out of this order. An order that was never filled has an exit without a price, and needs no entry.
WITH ordered_events AS (
  SELECT
    book,
    signal_id,
    MIN(IF(kind = 'DECISION' AND refusal IS NULL, event_ms, NULL)) AS accepted_ms,
    COUNTIF(kind = 'DECISION' AND refusal IS NOT NULL) AS refused,
    MIN(IF(kind = 'ENTRY', event_ms, NULL)) AS entry_ms,
    MIN(IF(kind = 'EXIT' AND price IS NOT NULL, event_ms, NULL)) AS exit_ms
  FROM stg_position_events
  GROUP BY book, signal_id
)
SELECT
  book,
  signal_id,
  CASE
    WHEN exit_ms IS NOT NULL AND entry_ms IS NULL THEN 'exit without entry'
    WHEN exit_ms < entry_ms THEN 'exit before entry'
    WHEN refused > 0 THEN 'entered though refused'
    ELSE 'entered before it was decided'
  END AS broken_rule
FROM ordered_events
WHERE
  (exit_ms IS NOT NULL AND entry_ms IS NULL)
  OR exit_ms < entry_ms
  OR (entry_ms IS NOT NULL AND (refused > 0 OR accepted_ms IS NULL OR accepted_ms > entry_ms))
