/** A process with a notifier that is told of entries and exits, from where the last life ended, until it is killed or all is sent. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { acceleratedClock } from '../../connectors/clock/accelerated.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import { telegramMessenger } from '../../connectors/messenger/telegram.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import { openEmbeddedTasks } from '../../connectors/tasks/embedded.ts';
import { CHART_QUEUE } from '../../schemas/chart-task.ts';
import { openKeptOutbox } from './kept-outbox.ts';
import { Notifier } from './notifier.ts';
import { NotifierSettings } from './settings.ts';
import { exitOf, position, START, scalp, tell } from './told.fixture.ts';

const [dir = '', apiRoot = '', bornAt = '', count = '', kept = '', from = '', isLast = ''] =
  process.argv.slice(2);
const SPEED = 300;
/** One time for all lives. */
const start = START + (systemClock.now() - Number(bornAt)) * SPEED;
const clock = acceleratedClock({ start, speed: SPEED, base: systemClock });
const tasks = openEmbeddedTasks({ path: join(dir, 'tasks.sqlite'), clock });
const store = kept === 'store' ? await openSqliteStore({ path: join(dir, 'state.sqlite'), clock }) : null;
const notifier = new Notifier({
  path: store === null ? join(dir, 'outbox.sqlite') : await openKeptOutbox(store, 20),
  messenger: telegramMessenger({ token: TOKEN, apiRoot, timeoutMs: 100 }),
  tasks,
  clock,
  settings: NotifierSettings.parse({ chats: ['-1001', '7'] }),
});
writeSync(1, 'alive\n');
for (let n = Number(from); n < Number(count); n++) {
  const signal = scalp(n, n % 2 === 0 ? 'BTCUSDT' : 'ETHUSDT', { entry: 61_000 + n });
  notifier.take(tell.scalp(signal));
  notifier.take(tell.position(position(signal)));
  notifier.take(tell.position(exitOf(signal, { price: 62_000 + n })));
  await notifier.flush();
  writeSync(1, `took ${n}\n`);
  await clock.until(clock.now() + 3_000);
}
if (isLast === 'last') {
  tasks.work(
    CHART_QUEUE,
    async ({ name, body }) => void writeSync(1, `${JSON.stringify({ name, ...JSON.parse(body) })}\n`),
  );
  let quiet = 0;
  while (quiet < 5) {
    await clock.until(clock.now() + 60_000);
    quiet = notifier.counts().oldestOpen === null && tasks.count(CHART_QUEUE).waiting === 0 ? quiet + 1 : 0;
  }
  const counts = notifier.counts();
  await notifier.close();
  await tasks.close();
  await store?.close();
  writeSync(1, `${JSON.stringify({ counts })}\n`);
}
