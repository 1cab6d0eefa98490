-- How much the result hangs on the barriers: each set of a grid beside its neighbours in the grid.
-- Grain: one set of barriers. `neighbour_expectancy` is the mean of the sets one step away in one direction: a set that is good
-- among bad neighbours is luck. Every row is a trial; the best of many trials looks good by chance.
-- @take_profits ARRAY<FLOAT64> = [0.003,0.005,0.0075,0.01]: Distances of TP from the signal's entry. Unit: share of price.
-- @stop_losses ARRAY<FLOAT64> = [0.003,0.005,0.0075]: Distances of SL from the signal's entry. Unit: share of price.
-- @timeouts_min ARRAY<INT64> = [30,60]: Minutes after which a trade is closed at market.
WITH sensitivity_sets AS (
  SELECT
    variant_no,
    ANY_VALUE(take_profit) AS take_profit,
    ANY_VALUE(stop_loss) AS stop_loss,
    ANY_VALUE(timeout_min) AS timeout_min,
    COUNT(net_return) AS trades,
    SUM(net_return) AS net_return,
    AVG(net_return) AS expectancy,
    SAFE_DIVIDE(COUNTIF(net_return > 0), COUNT(net_return)) AS win_rate,
    SAFE_DIVIDE(SUM(IF(net_return > 0, net_return, 0)), -SUM(IF(net_return < 0, net_return, 0))) AS profit_factor
  FROM backtest_trades
  GROUP BY variant_no
),
sensitivity_places AS (
  SELECT
    *,
    DENSE_RANK() OVER (ORDER BY take_profit) AS profit_place,
    DENSE_RANK() OVER (ORDER BY stop_loss) AS loss_place,
    DENSE_RANK() OVER (ORDER BY timeout_min) AS timeout_place
  FROM sensitivity_sets
),
sensitivity_neighbours AS (
  SELECT here.variant_no, AVG(near.expectancy) AS neighbour_expectancy, COUNT(*) AS neighbours
  FROM sensitivity_places AS here
  CROSS JOIN sensitivity_places AS near
  WHERE
    ABS(here.profit_place - near.profit_place)
    + ABS(here.loss_place - near.loss_place)
    + ABS(here.timeout_place - near.timeout_place) = 1
  GROUP BY here.variant_no
)
SELECT
  place.variant_no,
  place.take_profit,
  place.stop_loss,
  place.timeout_min,
  place.trades,
  place.net_return,
  place.expectancy,
  place.win_rate,
  place.profit_factor,
  near.neighbour_expectancy,
  IFNULL(near.neighbours, 0) AS neighbours,
  COUNT(*) OVER () AS trials
FROM sensitivity_places AS place
LEFT JOIN sensitivity_neighbours AS near ON near.variant_no = place.variant_no
ORDER BY expectancy DESC, variant_no
