-- Signals and what became of them, for Looker Studio: one row a signal and book.
-- @column signal_at TIMESTAMP dimension: Close of the signal's bar. The report's date range.
-- @column book STRING dimension: Book that decided; `none` where none did.
-- @column strategy STRING dimension: Strategy that had the idea.
-- @column variant STRING dimension: Parameter set of the signals.
-- @column pair STRING dimension: e.g. BTCUSDT.
-- @column side STRING dimension: LONG or SHORT.
-- @column refusal STRING dimension: Why the desk stood aside; ACCEPTED or UNDECIDED otherwise.
-- @column confidence FLOAT64 metric: 0 to 1; average it.
-- @column is_accepted INT64 metric: 1 where the desk entered; sum it.
-- @column return_15m FLOAT64 metric: Return of the signal's side 15 minutes later; average it. Null while unknown.
-- @column best_60m FLOAT64 metric: Best return within the hour; average it.
-- @column worst_60m FLOAT64 metric: Worst return within the hour; average it.
SELECT
  signal_at,
  IFNULL(book, 'none') AS book,
  strategy,
  variant,
  pair,
  side,
  CASE WHEN refusal IS NOT NULL THEN refusal WHEN is_accepted THEN 'ACCEPTED' ELSE 'UNDECIDED' END AS refusal,
  confidence,
  IF(is_accepted, 1, 0) AS is_accepted,
  return_15m,
  best_60m,
  worst_60m
FROM signal_outcomes
