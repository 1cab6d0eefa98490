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
import { removeStack } from './local-stack.ts';
import { bybitSource, simulatedSource } from './market-source.ts';
import { runStack } from './run-stack.ts';
import { stackFolder } from './stack-folders.ts';
import { expectNoRecording } from './stack-recording.ts';
import type { StartFlags } from './start-flags.ts';
import { untilStopRequest } from './stop-request.ts';

export async function runStart(flags: StartFlags): Promise<void> {
  keepHeapSmall();
  const { speed, seed, layers, params: paramsFile, desk: stack } = flags;
  const symbols = flags.symbols ?? (flags.live ? null : SIMULATED_SYMBOLS);
  const stopAfterMs = flags.for === undefined ? undefined : flags.for * 1_000;
  const { values: config } = settingsFor({ layers, params: paramsFile, stack });
  const params = config.signals;
  const telegram = telegramAccess(process.env, config.telegram);
  const dashboard = dashboardAddressOf(flags, process.env);
  const health = flags.healthPort === undefined ? null : statusAddressOf(flags.healthPort);
  const deadManUrl = deadManUrlOf(process.env);
  const isJson = flags.json === true;
  const isLive = flags.live === true;
  const notice = (line: string) => void process.stderr.write(`${line}\n`);
  const traces = { environment: process.env, service: 'cst', clock: systemClock, onTrouble: notice };
  const telemetry = (await openOtlp(traces)) ?? undefined;
  const broker = await localAccount({ config, isLive, environment: process.env, notice });
  const recordDir = flags.record;
  const dir = stackFolder(flags.dir, isLive);
  await makeFolder(dir);
  await untilStopRequest(async (stopAsked) => {
    if (!flags.live && recordDir !== undefined) await expectNoRecording(recordDir, 'bybit');
    if (!flags.live) await removeStack(dir);
    const source = flags.live
      ? bybitSource()
      : await simulatedSource({ seed, speed, symbols: symbols ?? SIMULATED_SYMBOLS });
    // A simulation begins afresh, so that nobody needs what the disk has not yet got.
    const survives = flags.live ? 'machine' : 'process';
    await runStack(
      {
        ...{
          source,
          symbols,
          params,
          config,
          telegram,
          broker,
          dir,
          recordDir,
          survives,
          seed,
          isJson,
          health,
          deadManUrl,
        },
        ...{ dashboard, isLive, speed: isLive ? 1 : speed, telemetry },
      },
      stopAsked,
    ).finally(() => telemetry?.close());
  }, stopAfterMs);
}
