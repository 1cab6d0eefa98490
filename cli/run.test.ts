import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../connectors/clock/system.ts';
import { startExchangeTwin } from '../connectors/exchanges/simulated/twin-server.ts';

const CST = resolve(import.meta.dirname, 'cst.js');

function run(...words: string[]) {
  const GOOGLE_APPLICATION_CREDENTIALS = '/nowhere/key.json';
  const env = {
    GOOGLE_CLOUD_PROJECT: '',
    PUBSUB_EMULATOR_HOST: '',
    PATH: '',
    GOOGLE_APPLICATION_CREDENTIALS,
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, [CST, 'run', ...words], {
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

describe('cst run', () => {
  it('says what it does, how it stops and who may ask for its health', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    for (const word of ['SIGTERM', '/live', 'Cloud Run', '--health-port']) expect(stdout).toContain(word);
  });

  const pubsub = ['--bus', 'pubsub', '--project', 'test-project'];
  it.each<[string, string[], RegExp]>([
    [
      'an unknown bus',
      ['--bus', 'pubsup'],
      /Expected --bus one of embedded, pubsub, got "pubsup"\. Did you mean "pubsub"\?/,
    ],
    ['an unknown runner', ['--runner', 'spark'], /Expected --runner one of embedded, flink, got "spark"/],
    [
      'no project',
      ['--bus', 'pubsub'],
      /Expected --project with --bus pubsub, or GOOGLE_CLOUD_PROJECT, got neither/,
    ],
    [
      'a project that is none',
      ['--bus', 'pubsub', '--project', 'No Project'],
      /Expected the id of a Google Cloud project/,
    ],
    [
      'credentials that are not there',
      pubsub,
      /^Error: Expected credentials for Pub\/Sub, got none: .*key\.json.* Give credentials: .*\(code 4\)\n$/,
    ],
    [
      'a port that is none',
      [...pubsub, '--health-port', 'http'],
      /Expected --health-port as a whole number from 0 to 65535/,
    ],
    [
      'Flink without Pub/Sub',
      ['--runner', 'flink'],
      /Expected --bus pubsub with --runner flink, got --bus embedded/,
    ],
    [
      'what only Flink has',
      [...pubsub, '--parallelism', '2'],
      /Expected --parallelism with --runner flink, got none/,
    ],
    [
      'a cluster without workers',
      [...pubsub, '--runner', 'flink', '--flink-master', 'flink:8081'],
      /Expected --worker-pool or --worker-image with --flink-master, got neither/,
    ],
    [
      'a checkpoint without a cluster',
      [...pubsub, '--runner', 'flink', '--restore', 'file:///chk-1'],
      /Expected --flink-master with --restore/,
    ],
    [
      'symbols of both kinds',
      [...pubsub, '--symbols', 'BTCUSDT', '--universe', '5'],
      /Expected --symbols or --universe, got both/,
    ],
    ['no universe', [...pubsub, '--universe', '0'], /Expected --universe as a whole number from 1 to 500/],
    ['a symbol twice', [...pubsub, '--symbols', 'BTCUSDT,btcusdt'], /Expected --symbols .*each once/],
    [
      'what only Pub/Sub has',
      ['--health-port', '8080'],
      /Expected --health-port with --bus pubsub, got --bus embedded/,
    ],
  ])('ends with code 4 and one line on stderr for %s', (_, words, message) => {
    const { status, stdout, stderr } = run(...words);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^Error: .* \(code 4\)\n$/);
    expect([status, stdout]).toEqual([4, '']);
  });

  it('warms the first symbols by turnover where it is told how many', async (test) => {
    const at = { seed: 1, clock: systemClock, port: 0, host: '127.0.0.1', faults: [] };
    const twin = await startExchangeTwin(at);
    test.onTestFinished(() => twin.close());
    const { restUrl } = twin.address('bybit');
    const words = ['run', '--bus', 'pubsub', '--project', 'p', '--rest-url', restUrl, '--universe', '3'];
    // Nobody listens there: it ends once it has asked the exchange.
    const env = { PATH: '', PUBSUB_EMULATOR_HOST: '127.0.0.1:9' };
    const child = spawn(process.execPath, [CST, ...words], { env });
    const [said] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(said).toContain('Following 3 symbols by turnover: BTCUSDT, ETHUSDT, SOLUSDT.');
  });
});
