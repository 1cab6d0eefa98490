/** A relay of a pair, as a process that can be killed. It publishes through its parent, which has the bus open. */
import { acceleratedClock } from '../../connectors/clock/accelerated.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { bybitAdapter } from '../../connectors/exchanges/bybit/adapter.ts';
import { openSqliteLease } from '../../connectors/lease/sqlite.ts';
import { startRelay } from '../../connectors/relay/relay.ts';
import type { ChildOptions, Publish, Published } from './messages.ts';

const { wsUrl, restUrl, symbols, originMs, startMs, speed, leasePath, holder, ttlMs, spillDir } = JSON.parse(
  process.argv[2]!,
) as ChildOptions;
const start = startMs + (systemClock.now() - originMs) * speed;
const clock = acceleratedClock({ start, speed, base: systemClock });
const waiting = new Map<number, Published>();
let calls = 0;

process.on('message', ({ call, error }: { call: number; error: string | null }) => {
  const { resolve, reject } = waiting.get(call)!;
  waiting.delete(call);
  if (error === null) resolve();
  else reject(new Error(error));
});
process.on('disconnect', () => process.exit());

const relay = await startRelay({
  adapter: bybitAdapter({ wsUrl, restUrl }),
  symbols,
  bus: {
    publish: (topic, messages) =>
      new Promise((resolve, reject) => {
        waiting.set(++calls, { resolve, reject });
        const publish: Publish = { call: calls, topic, messages };
        process.send!(publish);
      }),
    subscribe: () => Promise.reject(new Error('Nobody subscribes here.')),
    close: async () => {},
  },
  clock,
  spillDir,
  standby: { lease: openSqliteLease({ path: leasePath, clock: systemClock }), holder, ttlMs },
});

for (;;) {
  const { symbols: each, standby } = relay.stats();
  const isUp = each.length > 0 && each.every(({ connected }) => connected);
  process.send!({ isUp: isUp && standby!.isReady, isActive: standby!.isActive });
  await systemClock.until(systemClock.now() + 20);
}
