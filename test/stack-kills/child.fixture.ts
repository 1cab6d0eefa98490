/** A stack on a folder that outlives it, as a process that can be killed. Writes each event of the desk that it sees into a file. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalStack } from '../../cli/local-stack.ts';
import { StackConfig } from '../../cli/stack-config.ts';
import { FUNCTION_FILES } from '../../cli/stack-folders.ts';
import { openEmbeddedBus } from '../../connectors/bus/embedded.ts';
import type { Subscription } from '../../connectors/bus/port.ts';
import { acceleratedClock } from '../../connectors/clock/accelerated.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { bybitAdapter } from '../../connectors/exchanges/bybit/adapter.ts';
import { OwnedRows } from '../../connectors/state/owned.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import { Book } from '../../functions/trade-desk/state.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';

const { dir, wsUrl, restUrl, symbols, originMs, startMs, speed } = JSON.parse(process.argv[2]!);
const start = startMs + (systemClock.now() - originMs) * speed;
const stack = await LocalStack.open({
  symbols,
  params: DEFAULT_PARAMS,
  dir,
  seed: 1,
  survives: 'process',
  telegram: null,
  source: {
    title: 'test',
    adapter: bybitAdapter({ wsUrl, restUrl, bookDepth: 50 }),
    clock: acceleratedClock({ start, speed, base: systemClock }),
    begin: () => {},
    close: async () => {},
  },
  // So short a life that a minute's position ends within it.
  config: StackConfig.parse({
    desk: { books: [{ paper: { timeoutMs: 120_000 }, rules: { cooldownMs: 0 } }] },
  }),
  notice: (line) => process.stderr.write(`${line}\n`),
  onChart: () => {},
});
const reading = keep(await stack.subscribe('position-events', 'test'));

/** Until it is closed, or nothing is left. */
async function keep(subscription: Subscription, isLast = false): Promise<void> {
  while (!isLast || subscription.backlog() !== 0) {
    const deliveries = await subscription.pull(100);
    if (deliveries.length === 0) return;
    for (const delivery of deliveries) {
      const event = JSON.parse(Buffer.from(delivery.data).toString());
      const line = JSON.stringify({ messageId: delivery.messageId, ...event });
      appendFileSync(join(dir, 'events.ndjson'), `${line}\n`);
      delivery.ack();
    }
  }
}

process.once('SIGTERM', async () => {
  const waiting = () => {
    const { QUEUED, SENDING, UNKNOWN } = stack.alerts();
    return QUEUED + SENDING + UNKNOWN;
  };
  while (waiting() > 0) await systemClock.until(systemClock.now() + 50);
  await stack.stop();
  await reading;
  const bus = await openEmbeddedBus({ dir: join(dir, 'bus'), clock: systemClock });
  await keep(await bus.subscribe('position-events', 'test'), true);
  const store = await openSqliteStore({ path: join(dir, FUNCTION_FILES.state), clock: systemClock });
  const books = (await new OwnedRows(store, 'desk-book', Book).list()).map(({ value }) => value);
  process.stdout.write(`${JSON.stringify({ books })}\n`);
  process.exit();
});
void stack.run();
process.stdout.write('alive\n');
