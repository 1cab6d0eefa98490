-- Closed positions: entry and exit side by side, with the signal they came of and what the market was like then.
-- Grain: one position of one book. Amounts are in the quote currency, net of fees and known funding.
-- Regimes are those of the feature row the signal was decided on, the bias is the one that held at the entry: nothing here
-- was learned later.
WITH trade_entries AS (
  SELECT * FROM stg_position_events WHERE kind = 'ENTRY'
),
trade_exits AS (
  SELECT * FROM stg_position_events WHERE kind = 'EXIT' AND price IS NOT NULL
),
trade_biases AS (
  SELECT entered.event_id, held.bias
  FROM trade_entries AS entered
  JOIN stg_macro_bias AS held
    ON held.pair = entered.pair AND held.biased_ms <= entered.event_ms AND held.expires_ms > entered.event_ms
  QUALIFY ROW_NUMBER() OVER (PARTITION BY entered.event_id ORDER BY held.biased_ms DESC) = 1
)
SELECT
  entered.book,
  entered.signal_id,
  signal.strategy,
  signal.variant,
  entered.pair,
  entered.side,
  entered.direction,
  entered.event_at AS entry_at,
  entered.event_ms AS entry_ms,
  closed.event_at AS exit_at,
  closed.event_ms AS exit_ms,
  DATE(closed.event_at) AS exit_day,
  EXTRACT(HOUR FROM entered.event_at) AS entry_hour,
  (closed.event_ms - entered.event_ms) / 60000 AS held_minutes,
  entered.size,
  entered.price AS entry_price,
  closed.price AS exit_price,
  entered.price * entered.size AS notional,
  closed.exit_kind,
  entered.direction * (closed.price - entered.price) * entered.size AS gross_pnl,
  closed.fees,
  closed.funding,
  IFNULL(closed.is_funding_known, FALSE) AS is_funding_known,
  closed.pnl,
  SAFE_DIVIDE(closed.pnl, entered.price * entered.size) AS net_return,
  IFNULL(entered.slippage, 0) * entered.price * entered.size + IFNULL(closed.slippage, 0) * closed.price * closed.size AS slippage_cost,
  signal.confidence,
  feature.trend,
  CASE
    WHEN feature.atr IS NULL OR feature.atr_baseline IS NULL THEN 'UNKNOWN'
    WHEN feature.atr > 2 * feature.atr_baseline THEN 'HIGH'
    WHEN feature.atr < 0.5 * feature.atr_baseline THEN 'LOW'
    ELSE 'NORMAL'
  END AS volatility,
  CASE WHEN held.bias IS NULL THEN 'NONE' WHEN held.bias = entered.side THEN 'WITH' ELSE 'AGAINST' END AS bias_adherence
FROM trade_entries AS entered
JOIN trade_exits AS closed ON closed.book = entered.book AND closed.signal_id = entered.signal_id
LEFT JOIN stg_signals AS signal ON signal.signal_id = entered.signal_id
LEFT JOIN stg_features AS feature
  ON feature.venue = signal.venue AND feature.symbol = signal.symbol AND feature.close_ms = signal.signal_ms
LEFT JOIN trade_biases AS held ON held.event_id = entered.event_id
