/** What `cst start` does: the whole stack in this process, until Ctrl-C. */
import { systemClock } from '../connectors/clock/system.ts';
import { SIMULATED_SYMBOLS } from '../connectors/exchanges/simulated/instruments.ts';
import { openOtlp } from '../connectors/telemetry/service.ts';
import { settingsFor } from './config/files.ts';
import { dashboardAddressOf } from './dashboard-address.ts';
import { deadManUrlOf } from './dead-man.ts';
import { makeFolder } from './file-flags.ts';
import { statusAddressOf } from './flags.ts';
import { keepHeapSmall } from './lean-heap.ts';
import { localAccount } from './local-account.ts';
import { telegramAccess } from './local-messenger.ts';
import { bybitSource, simulatedSource } from './market-source.ts';
import { removeStack } from './remove-stack.ts';
import { runStack, type StackOptions } from './run-stack.ts';
import { stackFolder } from './stack-folders.ts';
import { expectNoRecording } from './stack-recording.ts';
import type { StartFlags } from './start-flags.ts';
import { untilStopRequest } from './stop-request.ts';

export async function runStart(flags: StartFlags): Promise<void> {
  keepHeapSmall();
  const { layers, params, desk: stack } = flags;
  const { values: config } = settingsFor({ layers, params, stack });
  const isLive = flags.live === true;
  const settings = {
    config,
    isLive,
    params: config.signals,
    telegram: telegramAccess(process.env, config.telegram),
    dashboard: dashboardAddressOf(flags, process.env),
    health: flags.healthPort === undefined ? null : statusAddressOf(flags.healthPort),
    deadManUrl: deadManUrlOf(process.env),
    dir: stackFolder(flags.dir, isLive),
    recordDir: flags.record,
    isJson: flags.json === true,
  };
  await makeFolder(settings.dir);
  const notice = (line: string) => void process.stderr.write(`${line}\n`);
  const traces = { environment: process.env, service: 'cst', clock: systemClock, onTrouble: notice };
  const telemetry = (await openOtlp(traces)) ?? undefined;
  try {
    const broker = await localAccount({ config, isLive, environment: process.env, notice });
    const stopAfterMs = flags.for === undefined ? undefined : flags.for * 1_000;
    await untilStopRequest(
      async (stopAsked) =>
        runStack({ ...settings, ...(await marketOf(flags, settings)), broker, telemetry }, stopAsked),
      stopAfterMs,
    );
  } finally {
    await telemetry?.close();
  }
}

type Market = Pick<StackOptions, 'source' | 'symbols' | 'seed' | 'speed' | 'survives'>;

/** A simulation begins afresh, so that nobody needs what the disk has not yet got. */
async function marketOf(
  { speed, seed, ...flags }: StartFlags,
  { isLive, dir, recordDir }: Pick<StackOptions, 'isLive' | 'dir' | 'recordDir'>,
): Promise<Market> {
  if (isLive) {
    return { source: bybitSource(), symbols: flags.symbols ?? null, seed, speed: 1, survives: 'machine' };
  }
  if (recordDir !== undefined) await expectNoRecording(recordDir, 'bybit');
  await removeStack(dir);
  const symbols = flags.symbols ?? SIMULATED_SYMBOLS;
  return {
    source: await simulatedSource({ seed, speed, symbols }),
    symbols,
    seed,
    speed,
    survives: 'process',
  };
}
