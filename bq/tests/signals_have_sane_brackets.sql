-- A signal's TP lies beyond its entry and its SL before it, and it expires after its bar's close.
-- Rows are signals that do not.
SELECT signal_id, side, entry, tp, sl
FROM stg_signals
WHERE direction * (tp - entry) <= 0 OR direction * (entry - sl) <= 0 OR expires_ms <= signal_ms
