-- How often levels hold, break, and break falsely: a 15m close beyond a level that soon comes back.
-- Grain: one pair, role and strength (in fifths). A level is judged on the one bar that opens at its set's close, the first it
-- was known for; a break is false where one of the next @return_bars closes is back on the level's side.
--
-- No lookahead in what is judged: a set holds for bars that open at or after it. Whether a break was false is learned later, and
-- is for statistics alone.
-- @touch_tolerance FLOAT64 = 0.0025: How near high or low must come to count as a touch. Unit: share of price.
-- @wick_tolerance FLOAT64 = 0.0015: How far a close must pass the level to break it. Unit: share of price.
-- @return_bars INT64 = 4: 15m bars in which a false break comes back.
WITH break_bars AS (
  SELECT
    level.pair,
    level.venue,
    level.symbol,
    level.role,
    level.price,
    CAST(FLOOR(LEAST(level.strength, 0.999) * 5) AS INT64) AS strength_fifth,
    IF(level.role = 'RESISTANCE', 1, -1) AS direction,
    bar.open_ms,
    bar.high,
    bar.low,
    bar.close
  FROM stg_levels AS level
  JOIN stg_candles AS bar
    ON bar.venue = level.venue AND bar.symbol = level.symbol AND bar.bar_interval = '15m' AND bar.open_ms = level.as_of_ms
),
break_judged AS (
  SELECT
    *,
    direction * (IF(direction = 1, high, low) - price) >= -@touch_tolerance * price AS is_touched,
    direction * (close - price) > @wick_tolerance * price AS is_broken
  FROM break_bars
),
break_returns AS (
  SELECT
    broken.pair,
    broken.role,
    broken.price,
    broken.open_ms,
    COUNT(*) AS later_bars,
    COUNTIF(broken.direction * (later.close - broken.price) < 0) AS closes_back
  FROM break_judged AS broken
  CROSS JOIN UNNEST(GENERATE_ARRAY(1, @return_bars)) AS ahead
  JOIN stg_candles AS later
    ON later.venue = broken.venue
    AND later.symbol = broken.symbol
    AND later.bar_interval = '15m'
    AND later.open_ms = broken.open_ms + ahead * 900000
  WHERE broken.is_broken
  GROUP BY broken.pair, broken.role, broken.price, broken.open_ms
)
SELECT
  judged.pair,
  judged.role,
  judged.strength_fifth,
  COUNT(*) AS levels_judged,
  COUNTIF(judged.is_touched) AS touches,
  COUNTIF(judged.is_touched AND NOT judged.is_broken) AS holds,
  COUNTIF(judged.is_broken) AS breaks,
  COUNTIF(back.closes_back > 0) AS false_breaks,
  COUNTIF(judged.is_broken AND IFNULL(back.closes_back, 0) = 0 AND IFNULL(back.later_bars, 0) < @return_bars) AS undecided_breaks,
  SAFE_DIVIDE(
    COUNTIF(back.closes_back > 0),
    COUNTIF(back.closes_back > 0) + COUNTIF(judged.is_broken AND IFNULL(back.closes_back, 0) = 0 AND back.later_bars = @return_bars)
  ) AS false_break_rate
FROM break_judged AS judged
LEFT JOIN break_returns AS back
  ON back.pair = judged.pair AND back.role = judged.role AND back.price = judged.price AND back.open_ms = judged.open_ms
GROUP BY judged.pair, judged.role, judged.strength_fifth
ORDER BY judged.pair, judged.role, judged.strength_fifth
