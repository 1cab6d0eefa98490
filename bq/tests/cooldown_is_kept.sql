-- After an exit its pair is left alone for the cooldown.
-- Rows are entries too soon after the exit before them.
-- @cooldown_ms INT64 = 900000: The desk's `rules.cooldownMs`. Unit: ms.
SELECT entered.book, entered.pair, entered.signal_id, entered.event_at, closed.event_at AS exit_before
FROM stg_position_events AS entered
JOIN stg_position_events AS closed
  ON closed.book = entered.book
  AND closed.pair = entered.pair
  AND closed.kind = 'EXIT'
  AND closed.price IS NOT NULL
  AND closed.signal_id <> entered.signal_id
  AND closed.event_ms <= entered.event_ms
  AND closed.event_ms > entered.event_ms - @cooldown_ms
WHERE entered.kind = 'ENTRY'
