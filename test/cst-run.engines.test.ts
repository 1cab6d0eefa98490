/** `cst run --bus pubsub` as Cloud Run would have it: its log, its health and metrics, and how it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { systemClock } from '../connectors/clock/system.ts';
import { unlisted } from '../connectors/metrics/exposition.fixture.ts';
import { ENVIRONMENT } from './engines/needs.ts';
import { needGo, startPstest } from './pstest/pstest.ts';

const MAIN = resolve(import.meta.dirname, '../cli/main.ts');
/** Nothing listens there. */
const NO_REST = 'http://127.0.0.1:9';

it('logs in JSON, answers for its health, and ends at SIGTERM in time, also where the exchange is away', async (context) => {
  needGo(context);
  const server = await startPstest();
  const words = [
    'run',
    '--bus',
    'pubsub',
    '--project',
    'test-project',
    '--symbols',
    'BTCUSDT',
    '--rest-url',
    NO_REST,
  ];
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { ...ENVIRONMENT, PUBSUB_EMULATOR_HOST: server.address },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    const lines = createInterface({ input: child.stderr });
    const [first] = await once(lines, 'line');
    const { severity, message } = JSON.parse(first);
    expect(severity).toBe('INFO');
    const [, url] = /health at (http:\/\/127\.0\.0\.1:\d+\/)\.$/.exec(message) ?? [];
    const [second] = await once(lines, 'line');
    expect(JSON.parse(second)).toMatchObject({
      severity: 'WARNING',
      message: expect.stringMatching(/^Cannot reach http:\/\/127\.0\.0\.1:9.*Next try in 1 s\.$/),
    });
    const health = await fetch(url!);
    expect([health.status, await health.json()]).toMatchObject([503, { state: 'warming', watermark: null }]);
    expect((await fetch(`${url}live`)).status).toBe(200);
    const metrics = await (await fetch(`${url}metrics`)).text();
    expect(unlisted(metrics)).toEqual([]);
    expect(metrics).toMatch(/^cst_stage_up\{stage="graph"\} 1$/m);
    expect(metrics).toMatch(/^cst_graph_running 0$/m);

    const exit = once(child, 'exit');
    const askedMs = systemClock.now();
    child.kill('SIGTERM');
    const [code] = await exit;
    expect([code, systemClock.now() - askedMs < 10_000]).toEqual([0, true]);
  } finally {
    child.kill('SIGKILL');
    await server.stop();
  }
});
