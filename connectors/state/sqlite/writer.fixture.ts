/**
 * A process that counts in a store by compare-and-set, telling each number that is durable, until it has done `times` or
 * is killed. Beside its counter it writes a row of many cells that must all be alike.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../../clock/system.ts';
import { openSqliteStore } from '../sqlite.ts';

const [path = '', times = 'Infinity'] = process.argv.slice(2);
const WIDTH = 50;

const store = await openSqliteStore({ path, clock: systemClock });
for (let done = 0; done < Number(times); ) {
  const before = (await store.get('counter'))?.count;
  const after = String(Number(before ?? 0) + 1);
  const condition =
    before === undefined ? ({ cell: 'count', absent: true } as const) : { cell: 'count', is: before };
  const wide = Object.fromEntries(Array.from({ length: WIDTH }, (_, i) => [`c${i}`, after.padStart(500)]));
  const [isMine] = await Promise.all([
    store.compareAndSet('counter', condition, { count: after }),
    store.put('wide', wide),
  ]);
  if (!isMine) continue;
  writeSync(1, `${after}\n`);
  done++;
}
await store.close();
