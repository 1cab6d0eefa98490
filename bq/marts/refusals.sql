-- Why the desk stood aside: decisions by day, book, pair and reason.
-- Grain: one day, book, pair and refusal; refusal is ACCEPTED where it entered.
SELECT
  DATE(event_at) AS decision_day,
  book,
  pair,
  IFNULL(refusal, 'ACCEPTED') AS refusal,
  COUNT(*) AS decisions
FROM stg_position_events
WHERE kind = 'DECISION'
GROUP BY decision_day, book, pair, refusal
