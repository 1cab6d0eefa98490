/** A node whose market time runs faster than the machine's, as a process that can be killed. Its options come as JSON. */

import { logTo } from '../../cli/log.ts';
import { runNode } from '../../cli/run-node.ts';
import { acceleratedClock } from '../../connectors/clock/accelerated.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { SignalParams } from '../../schemas/params.ts';

const { originMs, startMs, speed, params, ...options } = JSON.parse(process.argv[2]!);
const start = startMs + (systemClock.now() - originMs) * speed;
const stopAsked = new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()));

await runNode({
  ...options,
  params: SignalParams.parse(params),
  clock: acceleratedClock({ start, speed, base: systemClock }),
  log: logTo(process.stderr, systemClock),
  health: { port: 0, host: '127.0.0.1' },
  stopAsked,
});
