-- A feature row saw no level set that was not known when its bar opened, and was known at its close at the earliest.
-- Rows are feature rows that looked ahead.
SELECT pair, open_at, levels_as_of
FROM stg_features
WHERE UNIX_MILLIS(levels_as_of) > open_ms OR close_ms <= open_ms
