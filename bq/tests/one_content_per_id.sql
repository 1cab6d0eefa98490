-- The same id means the same content: a message that came twice is one fact, not two versions of it.
-- Rows are ids of candles, signals and position events that stand for different contents.
SELECT 'candles' AS table_name, id, COUNT(DISTINCT CAST(open AS STRING) || ' ' || CAST(high AS STRING) || ' ' || CAST(low AS STRING) || ' ' || CAST(close AS STRING) || ' ' || CAST(volume AS STRING)) AS contents
FROM candles
GROUP BY id
HAVING contents > 1
UNION ALL
SELECT 'scalp_signals', id, COUNT(DISTINCT CAST(entry AS STRING) || ' ' || CAST(tp AS STRING) || ' ' || CAST(sl AS STRING) || ' ' || inputs_hash) AS contents
FROM scalp_signals
GROUP BY id
HAVING contents > 1
UNION ALL
SELECT 'position_events', id, COUNT(DISTINCT kind || ' ' || IFNULL(CAST(price AS STRING), '') || ' ' || IFNULL(CAST(size AS STRING), '') || ' ' || IFNULL(refusal, '')) AS contents
FROM position_events
GROUP BY id
HAVING contents > 1
