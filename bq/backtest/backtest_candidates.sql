-- Every signal as the trade it would be if the pair were free: entry, barriers, exit and costs, for each set of barriers.
-- Grain: one signal and set of barriers (`variant_no`). `backtest_trades` keeps those for which the pair is free.
--
-- The rule, as the desk's paper broker has it for bars:
--   entry   at the signal's price, the close of its bar, worse by @entry_slippage, at the taker's fee.
--   exit    judged on each 1m bar that opens at or after the entry, at its close: liquidation, then SL, then TP, then time.
--           Where a bar spans both SL and TP the SL is taken: nobody knows the order of its prices.
--   SL      at its price or the bar's open, whichever is worse, worse by @exit_slippage; taker.
--   TP      at its price, where a price goes beyond it: to touch it is to stand behind others in the queue; maker.
--   TIMEOUT at the close of the first bar that ends @timeouts_min after the entry, worse by
--           @exit_slippage; taker. LIQUIDATED where the margin is all but gone, at the price where it is gone; taker.
-- Where bars are missing up to @late_min after the timeout is past, `exit_kind` is null: the trade is not resolved, and earns nothing.
--
-- No lookahead: an entry uses its signal alone, an exit bars up to the one it closes with. A change of any later bar changes
-- no earlier row (a test perturbs the future and compares).
-- @from_ts TIMESTAMP = 1970-01-01T00:00:00.000Z: First signal.
-- @to_ts TIMESTAMP = 2100-01-01T00:00:00.000Z: End of the signals, exclusive.
-- @strategy STRING = all: Strategy whose signals are traded, or all.
-- @signal_variant STRING = default: Variant of the signals.
-- @take_profits ARRAY<FLOAT64> = [0]: Distances of TP from the signal's entry; 0 takes the signal's own TP. Unit: share of price.
-- @stop_losses ARRAY<FLOAT64> = [0]: Distances of SL from the signal's entry; 0 takes the signal's own SL. Unit: share of price.
-- @timeouts_min ARRAY<INT64> = [60]: Minutes after which a trade is closed at market.
-- @late_min INT64 = 10: Minutes behind the timeout in which the closing bar may still come.
-- @entry_delay_ms INT64 = 0: From the close of the signal's bar to the entry; bars that opened before it count no more.
-- @entry_slippage FLOAT64 = 0.0002: Half the spread and impact of an entry at market. Unit: share of price.
-- @exit_slippage FLOAT64 = 0.0005: Slippage of a stop or a timeout. Unit: share of price.
-- @maker_fee FLOAT64 = 0.0002: Fee of a TP. Unit: share of notional.
-- @taker_fee FLOAT64 = 0.0006: Fee of everything else. Unit: share of notional.
-- @maintenance_margin FLOAT64 = 0.005: Share of notional below which the exchange liquidates.
-- @funding_rate FLOAT64 = NULL: Rate of a funding of which none was recorded; NULL leaves that trade's funding unknown, never 0.
WITH candidate_variants AS (
  SELECT
    ROW_NUMBER() OVER (ORDER BY take_profit, stop_loss, timeout_min) AS variant_no,
    take_profit,
    stop_loss,
    timeout_min
  FROM UNNEST(@take_profits) AS take_profit
  CROSS JOIN UNNEST(@stop_losses) AS stop_loss
  CROSS JOIN UNNEST(@timeouts_min) AS timeout_min
),
candidate_entries AS (
  SELECT
    v.variant_no,
    v.take_profit,
    v.stop_loss,
    v.timeout_min,
    s.signal_id,
    s.strategy,
    s.venue,
    s.symbol,
    s.pair,
    s.side,
    s.direction,
    s.leverage,
    s.confidence,
    s.signal_ms + @entry_delay_ms AS entry_ms,
    s.entry * (1 + s.direction * @entry_slippage) AS entry_price,
    IF(v.take_profit > 0, s.entry * (1 + s.direction * v.take_profit), s.tp) AS tp,
    IF(v.stop_loss > 0, s.entry * (1 - s.direction * v.stop_loss), s.sl) AS sl
  FROM stg_signals AS s
  CROSS JOIN candidate_variants AS v
  WHERE
    s.signal_at >= @from_ts
    AND s.signal_at < @to_ts
    AND (@strategy = 'all' OR s.strategy = @strategy)
    AND s.variant = @signal_variant
),
candidate_bars AS (
  SELECT
    e.variant_no,
    e.signal_id,
    e.direction,
    bar.close_ms,
    bar.close,
    IF(e.direction = 1, LEAST(e.sl, bar.open), GREATEST(e.sl, bar.open)) * (1 - e.direction * @exit_slippage) AS stop_price,
    e.direction * (IF(e.direction = 1, bar.low, bar.high) - e.sl) <= 0 AS is_stopped,
    e.direction * (IF(e.direction = 1, bar.high, bar.low) - e.tp) > 0 AS is_won,
    bar.close_ms >= e.entry_ms + e.timeout_min * 60000 AS is_over,
    e.direction * IF(e.direction = 1, bar.low, bar.high) AS worst,
    e.direction * e.entry_price * (1 - e.direction * (1 / e.leverage - @maintenance_margin)) AS liquidated_at
  FROM candidate_entries AS e
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, e.timeout_min + @late_min - 1)) AS minute
  JOIN stg_candles AS bar
    ON bar.venue = e.venue
    AND bar.symbol = e.symbol
    AND bar.bar_interval = '1m'
    AND bar.open_ms = DIV(e.entry_ms + 59999, 60000) * 60000 + minute * 60000
),
candidate_exits AS (
  SELECT
    *,
    CASE
      WHEN worst <= liquidated_at OR (is_stopped AND direction * stop_price <= liquidated_at) THEN 'LIQUIDATED'
      WHEN is_stopped THEN 'SL'
      WHEN is_won THEN 'TP'
      ELSE 'TIMEOUT'
    END AS exit_kind
  FROM candidate_bars
  WHERE is_stopped OR is_won OR is_over OR worst <= liquidated_at
  QUALIFY ROW_NUMBER() OVER (PARTITION BY variant_no, signal_id ORDER BY close_ms) = 1
),
candidate_prices AS (
  SELECT
    e.*,
    x.exit_kind,
    IFNULL(x.close_ms, e.entry_ms + (e.timeout_min + @late_min) * 60000) AS exit_ms,
    CASE x.exit_kind
      WHEN 'LIQUIDATED' THEN e.entry_price * (1 - e.direction / e.leverage)
      WHEN 'SL' THEN x.stop_price
      WHEN 'TP' THEN e.tp
      WHEN 'TIMEOUT' THEN x.close * (1 - e.direction * @exit_slippage)
    END AS exit_price
  FROM candidate_entries AS e
  LEFT JOIN candidate_exits AS x ON x.variant_no = e.variant_no AND x.signal_id = e.signal_id
),
candidate_fundings AS (
  SELECT
    p.variant_no,
    p.signal_id,
    SUM(-p.direction * f.rate * f.price / p.entry_price) AS known_funding,
    COUNT(*) AS known_count
  FROM candidate_prices AS p
  JOIN stg_funding AS f
    ON f.venue = p.venue AND f.symbol = p.symbol AND f.funding_ms > p.entry_ms AND f.funding_ms <= p.exit_ms
  GROUP BY p.variant_no, p.signal_id
),
candidate_costs AS (
  SELECT
    p.*,
    p.direction * (p.exit_price - p.entry_price) / p.entry_price AS gross_return,
    @taker_fee + IF(p.exit_kind = 'TP', @maker_fee, @taker_fee) * p.exit_price / p.entry_price AS fee_return,
    IFNULL(f.known_funding, 0) AS known_funding,
    DIV(p.exit_ms, 28800000) - DIV(p.entry_ms, 28800000) - IFNULL(f.known_count, 0) AS unknown_fundings
  FROM candidate_prices AS p
  LEFT JOIN candidate_fundings AS f ON f.variant_no = p.variant_no AND f.signal_id = p.signal_id
)
SELECT
  variant_no,
  take_profit,
  stop_loss,
  timeout_min,
  signal_id,
  strategy,
  venue,
  symbol,
  pair,
  side,
  confidence,
  entry_ms,
  TIMESTAMP_MILLIS(entry_ms) AS entry_at,
  entry_price,
  tp,
  sl,
  exit_kind,
  exit_ms,
  TIMESTAMP_MILLIS(exit_ms) AS exit_at,
  exit_price,
  gross_return,
  fee_return,
  IF(unknown_fundings = 0, known_funding, known_funding - unknown_fundings * IF(side = 'LONG', 1, -1) * @funding_rate) AS funding_return,
  unknown_fundings = 0 AS is_funding_known,
  gross_return - fee_return + known_funding - IFNULL(unknown_fundings * IF(side = 'LONG', 1, -1) * @funding_rate, 0) AS net_return
FROM candidate_costs
