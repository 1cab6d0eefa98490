/** Bars of the simulated market as files, for tests of what reads files. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedMarket } from '../../connectors/exchanges/simulated/market.ts';
import type { ReplayFile } from '../../pipelines/replay/stream.ts';
import { simulatedBars } from '../../pipelines/simulated.fixture.ts';
import { DEFAULT_ASSUMPTIONS } from '../../schemas/backtest-assumptions.ts';
import { DeskConfig } from '../../schemas/desk-params.ts';
import { DEFAULT_MACRO_PARAMS } from '../../schemas/macro-params.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import type { BacktestOptions, FilesInput } from './options.ts';

/** 1m bars of [fromMs, toMs), one CSV for each symbol. */
export async function simulatedFiles(
  symbols: readonly string[],
  fromMs: number,
  toMs: number,
): Promise<ReplayFile[]> {
  const market = new SimulatedMarket(1);
  const folder = mkdtempSync(join(tmpdir(), 'simulated-'));
  const files: ReplayFile[] = [];
  for (const symbol of symbols) {
    const bars = await simulatedBars(market.of(symbol), '1m', fromMs, toMs);
    const rows = bars.map(({ openTime, open, high, low, close, volume }) =>
      [openTime, open, high, low, close, volume].join(),
    );
    const path = join(folder, `${symbol}.csv`);
    writeFileSync(path, `${['open_time_ms,open,high,low,close,volume', ...rows].join('\n')}\n`);
    files.push({ symbol, path });
  }
  return files;
}

/** The defaults, tried on such files. */
export function simulatedOptions(
  files: readonly ReplayFile[],
  range: Pick<FilesInput, 'fromMs' | 'toMs'>,
): Omit<BacktestOptions, 'out' | 'input'> & { readonly input: FilesInput } {
  return {
    input: { kind: 'files', files, interval: '1m', ...range, fundings: new Map() },
    venue: 'bybit',
    history: [],
    code: 'test',
    data: [],
    desk: DeskConfig.parse({}),
    params: DEFAULT_PARAMS,
    macro: DEFAULT_MACRO_PARAMS,
    assumptions: DEFAULT_ASSUMPTIONS,
  };
}
