-- Every candle is a bar: low ≤ open, close, vwap ≤ high, opened on its interval, and filled means that nobody traded.
-- Rows are candles that break this, with the rule they break.
SELECT
  venue,
  symbol,
  bar_interval,
  open_at,
  CASE
    WHEN high < low THEN 'high below low'
    WHEN open > high OR open < low OR close > high OR close < low THEN 'open or close outside high and low'
    WHEN vwap > high * 1.000000001 OR vwap < low * 0.999999999 THEN 'vwap outside high and low'
    WHEN buy_volume > volume * 1.000000001 THEN 'more was bought than traded'
    WHEN MOD(open_ms, close_ms - open_ms) <> 0 THEN 'not opened on its interval'
    WHEN is_filled AND (volume <> 0 OR high <> low) THEN 'filled, yet traded'
    ELSE 'complete without its coverage'
  END AS broken_rule
FROM stg_candles
WHERE
  high < low
  OR open > high OR open < low OR close > high OR close < low
  OR vwap > high * 1.000000001 OR vwap < low * 0.999999999
  OR buy_volume > volume * 1.000000001
  OR MOD(open_ms, close_ms - open_ms) <> 0
  OR (is_filled AND (volume <> 0 OR high <> low))
  OR (is_complete AND coverage < 1)
