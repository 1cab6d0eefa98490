-- What could not be read, each once.
-- Grain: one refused input.
SELECT
  id AS letter_id,
  stage,
  reason,
  source,
  line,
  eventTime AS event_at,
  LENGTH(bytes) AS base64_length
FROM dead_letters
QUALIFY ROW_NUMBER() OVER (PARTITION BY id, eventTime ORDER BY source) = 1
