-- A TP is filled at its price or better, an SL at its price or worse.
-- Rows are exits at prices that flatter.
SELECT event_id, exit_kind, side, price, tp, sl
FROM stg_position_events
WHERE
  kind = 'EXIT'
  AND price IS NOT NULL
  AND (
    (exit_kind = 'SL' AND direction * (price - sl) > 1e-9 * price)
    OR (exit_kind = 'TP' AND ABS(price - tp) > 1e-9 * price)
  )
