-- Equity and drawdown, for Looker Studio: one row an exit.
-- @column exit_at TIMESTAMP dimension: When the equity changed. The report's date range.
-- @column book STRING dimension: Variant of the desk; filter one, equities of books do not add up.
-- @column equity FLOAT64 metric: Equity after the exit; take the last, never a sum. Unit: quote.
-- @column drawdown FLOAT64 metric: Share below the highest equity before; take the maximum.
SELECT step.exit_at, step.book, step.equity, step.drawdown
FROM equity AS step
