import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../schemas/errors.ts';
import { addDeploy } from './commands/deploy.ts';

const ROOT = resolve(import.meta.dirname, '..');
const GOLDEN = join(ROOT, 'pipelines/runners/dataflow/job.golden');
const newFolder = () => mkdtempSync(join(tmpdir(), 'deploy-'));

function deploy(...words: string[]) {
  const command = [join(ROOT, 'cli/main.ts'), 'deploy', 'dataflow', ...words];
  // Nobody's credentials, and no way out: the machine's metadata is not asked.
  const env = {
    ...process.env,
    GOOGLE_APPLICATION_CREDENTIALS: '',
    METADATA_SERVER_DETECTION: 'none',
    HOME: newFolder(),
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

const JOB = [
  ...['--project', 'my-project', '--region', 'europe-west1', '--temp-location', 'gs://my-bucket/dataflow'],
  ...['--image', 'europe-west1-docker.pkg.dev/my-project/cst/worker:1.0'],
];

describe('cst deploy dataflow', () => {
  it('teaches', () => {
    const { status, stdout } = deploy('--help');
    expect(status).toBe(0);
    for (const word of ['--max-workers', 'Cost:', 'Examples:', '--kms-key', 'Credentials'])
      expect(stdout).toMatch(word);
  });

  it('writes the golden job without asking anyone, in another process the same', () => {
    const out = newFolder();
    const run = deploy(...JOB, '--dry-run', '--out', out, '--json');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(out, 'job.json'), 'utf8')).toBe(readFileSync(GOLDEN, 'utf8'));
    const { graphUrl, graphBytes } = JSON.parse(run.stdout);
    expect(readFileSync(GOLDEN, 'utf8')).toMatch(graphUrl);
    expect(readFileSync(join(out, 'pipeline.pb'))).toHaveLength(graphBytes);
  });

  it('compares with a running graph in a file', () => {
    const [running, next] = [newFolder(), newFolder()];
    deploy(...JOB, '--dry-run', '--out', running);
    const graph = join(running, 'pipeline.pb');
    const update = (...words: string[]) =>
      deploy(...JOB, '--dry-run', '--out', next, '--update', '--running', graph, ...words);
    expect(update()).toMatchObject({ status: 0, stderr: 'safe           the graphs are the same\n' });
    const params = join(next, 'params.json');
    writeFileSync(params, JSON.stringify({ market: { basisMinutes: 30 } }));
    const changed = update('--params', params);
    expect(changed.status).toBe(4);
    expect(changed.stderr).toMatch(
      /incompatible {3}ReadPriceChecks\/GroupIntoBasis\/Window is windowed otherwise: sizeMs 3600000 → 1800000/,
    );
    expect(changed.stderr).toMatch(/Error: The running job cannot be replaced/);
  });

  it('warms the graph with candles of an earlier replay, and only those some window looks at', () => {
    const [trades, replayed, out] = [join(newFolder(), 't.csv'), newFolder(), newFolder()];
    const from = Date.UTC(2024, 0, 1);
    const rows = Array.from({ length: 600 }, (_, i) => `${from + i * 60_000},${100 + (i % 7)},1`);
    writeFileSync(trades, `ts_ms,price,size\n${rows.join('\n')}\n`);
    const replay = ['replay', `BTCUSDT=${trades}`, '--venue', 'bybit', '--out', replayed];
    expect(spawnSync(process.execPath, [join(ROOT, 'cli/main.ts'), ...replay]).status).toBe(0);
    const warm = ['--history', replayed, '--start', '2024-01-01T10:00:00Z'];
    const run = deploy(...JOB, '--dry-run', '--out', out, ...warm);
    expect(run).toMatchObject({ status: 0, stderr: expect.stringMatching(/^history {3}\d+ candles\n$/) });
    const candles = Number(/history {3}(\d+)/.exec(run.stderr)![1]);
    // Of 600 minutes those that features look back on, and all longer bars.
    expect(candles).toBeLessThan(600);
    expect(candles).toBeGreaterThan(210);
    const { options } = JSON.parse(readFileSync(join(out, 'job.json'), 'utf8')).environment
      .sdkPipelineOptions;
    expect(options.publish_after_ms).toBeLessThanOrEqual(Date.UTC(2024, 0, 1, 10));
  });

  it.each([
    [['--dry-run'], /--out with --dry-run/],
    [['--out', 'x'], /--out only with --dry-run/],
    [['--drain', '--update'], /--drain alone/],
    [['--map', 'a=b'], /only with --update/],
    [['--update', '--history', 'x'], /no --history with --update/],
    [['--dry-run', '--out', 'x', '--history', 'x'], /--start with --history/],
    [['--dry-run', '--out', 'x', '--region', 'x'], /--region "x"/],
    [
      ['--dry-run', '--out', 'x', '--max-workers', 'abc'],
      /--max-workers as a whole number from 1 to 1000, got "abc"/,
    ],
    [['--dry-run', '--out', 'x', '--max-workers', '1e999'], /--max-workers as .* got "1e999"/],
    [['--dry-run', '--out', 'x', '--max-workers', '0'], /--max-workers as .* got "0"/],
    [['--dry-run', '--out', 'x', '--start', '1', '--history', 'exchange'], /ms since the epoch/],
    [['--update', '--running', 'nowhere.pb'], /pipeline\.pb, got nowhere\.pb/],
    [['--update', '--running', '/dev/null'], /pipeline\.pb, got \/dev\/null: it holds no step/],
    [['--update', '--map', 'OldStep'], /Expected --map OldStep=NewStep, got "OldStep"/],
  ])('refuses %j', async (words, message) => {
    const program = new Command().exitOverride();
    addDeploy(program);
    const refusal = program.parseAsync(['deploy', 'dataflow', ...JOB, ...words], { from: 'user' });
    await expect(refusal).rejects.toThrow(ConfigError);
    await expect(refusal).rejects.toThrow(message);
    expect(existsSync('x')).toBe(false);
  });

  it('says how to become somebody where it is nobody', () => {
    const { status, stderr } = deploy(...JOB);
    expect(status).toBe(4);
    expect(stderr).toMatch(/gcloud auth application-default login/);
  });
});
