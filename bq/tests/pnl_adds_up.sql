-- A closed position's P&L is its price difference less fees, plus the funding that is known; unknown funding is never 0.
-- Rows are positions whose figures do not add up to 1e-6 of the quote currency, and those that give unknown funding a number.
SELECT book, signal_id, pnl, gross_pnl, fees, funding, is_funding_known
FROM trades
WHERE
  (is_funding_known AND ABS(pnl - (gross_pnl - fees + funding)) > 1e-6)
  OR (is_funding_known AND funding IS NULL)
  OR (NOT is_funding_known AND funding IS NOT NULL)
