-- Decisions, entries and exits of the trade desk, each once.
-- Grain: one event. `fees`, `funding` and `pnl` are in the quote currency; funding is null where it is not known.
SELECT
  id AS event_id,
  kind,
  signalId AS signal_id,
  IFNULL(book, 'default') AS book,
  pair,
  side,
  IF(side = 'LONG', 1, -1) AS direction,
  ts AS event_at,
  UNIX_MILLIS(ts) AS event_ms,
  price,
  size,
  refusal,
  exit AS exit_kind,
  fees,
  funding,
  fundingKnown AS is_funding_known,
  pnl,
  leverage,
  tp,
  sl,
  halved AS is_halved,
  liquidity,
  slippage,
  equity,
  reason,
  params_hash
FROM position_events
QUALIFY ROW_NUMBER() OVER (PARTITION BY id, ts ORDER BY params_hash) = 1
