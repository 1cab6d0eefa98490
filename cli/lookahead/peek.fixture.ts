/** Strategies that look ahead, as people write them by mistake. */
import { openCandleFile } from '../../connectors/files/candles.ts';
import { DEFAULT_PARAMS, type SignalParams } from '../../schemas/params.ts';
import type { KnownRecord } from '../../transforms/lookahead/lookahead.ts';
import type { FilesInput } from '../backtest/options.ts';

interface Row {
  readonly closeTime: number;
  readonly open: number;
  readonly close: number;
}

/** Of one instrument: signals that the next bar goes against are left out, `shift(-1)` of a data frame. */
export function peekAtNextBar(records: readonly KnownRecord[]): KnownRecord[] {
  const rows = records
    .filter(({ topic }) => topic === 'market-features')
    .map(({ json }) => JSON.parse(json) as Row);
  const nextOf = new Map(rows.map((row, i) => [row.closeTime, rows[i + 1]]));
  return records.filter(({ topic, json, at }) => {
    if (topic === 'position-events') return false;
    if (topic !== 'trade-signals-micro') return true;
    const { side } = JSON.parse(json) as { side: string };
    const next = nextOf.get(at);
    return next !== undefined && next.close >= next.open === (side === 'LONG');
  });
}

/** The spike that champion waits for as a multiple of the mean volume of the file, its future included. */
export async function spikeOfWholeSample({ files, toMs }: FilesInput): Promise<SignalParams> {
  let [sum, count] = [0, 0];
  for await (const { rows } of await openCandleFile(files[0]!.path, '1m')) {
    for (const { volume, openTime } of rows) {
      if (toMs !== undefined && openTime >= toMs) continue;
      sum += volume;
      count += 1;
    }
  }
  const volumeSpike = 2 + ((sum / count) % 1);
  return { ...DEFAULT_PARAMS, champion: { ...DEFAULT_PARAMS.champion, volumeSpike } };
}
