-- While a bias is engaged, no scalp is entered against it.
-- Rows are trades against the bias that held at their entry.
SELECT book, signal_id, pair, side, entry_at
FROM trades
WHERE bias_adherence = 'AGAINST'
