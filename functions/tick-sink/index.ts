/** `tick-sink` on Cloud Run functions: Cloud Scheduler posts to it every ten minutes. */
import { serveFunction } from '../entry.ts';
import { authorizeOf } from '../ports.ts';
import { BUS, CALLERS, HISTORY } from '../settings.ts';
import { tickSinkHandler } from './handler.ts';
import type { TickSinkRun } from './tick-sink.ts';

await serveFunction({
  name: 'tick-sink',
  environment: process.env,
  settings: { bus: BUS, history: HISTORY, callers: CALLERS },
  async open({ bus, history, callers }, { ports, clock, log, meter, onError }) {
    const authorize = authorizeOf(callers);
    const [open, rows] = await Promise.all([ports.bus(bus), ports.history(history)]);
    const onRun = (run: TickSinkRun) => {
      meter.count('cst_history_rows_total', { topic: 'raw-tick-data' }, run.messages);
      const text = `${run.rows} trades of ${run.messages} batches are in history`;
      if (run.isCaughtUp) log('INFO', `${text}.`);
      else log('WARNING', `${text}; more wait for the next run.`);
    };
    return { handler: tickSinkHandler({ bus: open, history: rows, clock, authorize, onError, onRun }) };
  },
});
