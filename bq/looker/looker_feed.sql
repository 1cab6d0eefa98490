-- Quality of the feeds, for Looker Studio: one row a venue, symbol and day.
-- @column feed_day DATE dimension: UTC day. The report's date range.
-- @column venue STRING dimension: bybit or kraken.
-- @column symbol STRING dimension: The venue's own name of the instrument.
-- @column minutes INT64 metric: Minutes there are bars of; sum it.
-- @column missing_minutes FLOAT64 metric: Minutes of the day without any bar; sum it.
-- @column complete_share FLOAT64 metric: Share of minutes that hold every trade; average it.
-- @column filled_share FLOAT64 metric: Share of minutes without a trade; average it.
-- @column gaps INT64 metric: Spans in which trades may be missing; sum it.
-- @column lost_s FLOAT64 metric: Seconds of spans that were never recovered; sum it.
-- @column disconnects INT64 metric: Sum it.
-- @column stalls INT64 metric: Streams that fell silent; sum it.
SELECT feed_day, venue, symbol, minutes, missing_minutes, complete_share, filled_share, gaps, lost_s, disconnects, stalls
FROM feed_quality
