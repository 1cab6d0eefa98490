/** Candles that an earlier replay wrote, to warm the graph of a later one. */
import { join } from 'node:path';
import { openLines } from '../../connectors/files/lines.ts';
import { Candle, closeTime } from '../../schemas/candle.ts';
import { ConfigError, messageOf } from '../../schemas/errors.ts';

/** In the output folder of a replay. */
export const CANDLES_FILE = 'market-candles.ndjson';

/**
 * The highest revision of each bar that closes at or before `untilMs`.
 * @param folder Output folder of a replay.
 * @throws ConfigError where there is none, or a line is no candle.
 */
export async function readHistory(folder: string, untilMs: number): Promise<Candle[]> {
  const path = join(folder, CANDLES_FILE);
  const best = new Map<string, Candle>();
  for await (const [line, text] of linesOf(path)) {
    const candle = candleOf(text, `${path}:${line}`);
    const { venue, symbol, interval, openTime, revision } = candle;
    if (closeTime(candle) > untilMs) continue;
    const key = `${venue}:${symbol}:${interval}:${openTime}`;
    if (revision >= (best.get(key)?.revision ?? 0)) best.set(key, candle);
  }
  return [...best.values()];
}

async function* linesOf(path: string): AsyncGenerator<[number, string]> {
  try {
    const { blocks } = await openLines(path);
    for await (const { first, lines } of blocks)
      for (const [i, line] of lines.entries()) yield [first + i, line];
  } catch (cause) {
    throw new ConfigError(
      `Cannot read candles of an earlier replay: ${messageOf(cause)}. --history wants its --out folder.`,
      { cause },
    );
  }
}

function candleOf(text: string, where: string): Candle {
  try {
    return Candle.parse(JSON.parse(Buffer.from(text, 'latin1').toString('utf8')));
  } catch (cause) {
    throw new ConfigError(`Expected a candle in ${where}: ${messageOf(cause)}`, { cause });
  }
}
