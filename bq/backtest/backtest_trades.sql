-- Backtest: the signals that are traded, one position per pair at a time, with a cooldown after each exit.
-- Grain: one trade of one set of barriers. Returns are shares of the notional at entry; net is after fees and known funding.
--
-- A signal is entered where the pair's last trade ended @cooldown_min ago or longer. Of two signals of one moment the first by id
-- is taken. Rules that look across pairs (concurrency, exposure, correlation, bias) belong to the event backtest: cst backtest.
--
-- How it stays exact without walking all signals one by one: a signal before which every earlier candidate, traded or not, is over
-- begins an island, whatever was traded before. Within an island each trade points to the first signal it leaves free. So the
-- recursion is as deep as the busiest island, not as the history is long (BigQuery stops at 500).
-- No lookahead: whether a signal is traded depends on exits before it alone.
-- @cooldown_min INT64 = 15: Minutes after an exit in which its pair is left alone.
-- @notional FLOAT64 = 1000: Size of every trade. Unit: quote.
WITH RECURSIVE trade_order AS (
  SELECT
    *,
    exit_ms + @cooldown_min * 60000 AS free_ms,
    ROW_NUMBER() OVER (PARTITION BY variant_no, pair ORDER BY entry_ms, signal_id) AS place
  FROM backtest_candidates
),
trade_busy AS (
  SELECT
    *,
    MAX(free_ms) OVER (PARTITION BY variant_no, pair ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy_until_ms
  FROM trade_order
),
trade_islands AS (
  SELECT
    *,
    COUNTIF(busy_until_ms IS NULL OR busy_until_ms <= entry_ms) OVER (PARTITION BY variant_no, pair ORDER BY place) AS island
  FROM trade_busy
),
trade_links AS (
  SELECT earlier.variant_no, earlier.pair, earlier.place, MIN(later.place) AS next_place
  FROM trade_islands AS earlier
  JOIN trade_islands AS later
    ON later.variant_no = earlier.variant_no
    AND later.pair = earlier.pair
    AND later.island = earlier.island
    AND later.entry_ms >= earlier.free_ms
  GROUP BY earlier.variant_no, earlier.pair, earlier.place
),
trade_chain AS (
  SELECT variant_no, pair, MIN(place) AS place
  FROM trade_islands
  GROUP BY variant_no, pair, island
  UNION ALL
  SELECT link.variant_no, link.pair, link.next_place
  FROM trade_chain AS taken
  JOIN trade_links AS link
    ON link.variant_no = taken.variant_no AND link.pair = taken.pair AND link.place = taken.place
)
SELECT
  candidate.* EXCEPT (place, free_ms),
  candidate.net_return * @notional AS pnl
FROM trade_order AS candidate
JOIN trade_chain AS taken
  ON taken.variant_no = candidate.variant_no AND taken.pair = candidate.pair AND taken.place = candidate.place
