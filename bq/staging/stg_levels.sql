-- Each level of each level set.
-- Grain: one pair, 15m close and level.
SELECT
  sets.venue,
  sets.symbol,
  sets.pair,
  sets.as_of,
  sets.as_of_ms,
  level.price,
  level.role,
  level.strength,
  level.touches,
  level.flipped AS is_flipped,
  level.volume
FROM stg_level_sets AS sets
CROSS JOIN UNNEST(sets.levels) AS level
