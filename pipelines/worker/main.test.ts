import '../../transforms/sdk.beam.ts';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { LogEntry_Severity_Enum as Severity } from 'apache-beam/proto/beam_fn_api';
import { afterEach, expect, it, vi } from 'vitest';
import { containerRunner } from './boot/runner.fixture.ts';
import { FakeRunner } from './fake-runner.fixture.ts';
import { type Describe, encoded, stageOf } from './stages.fixture.ts';
import { busy, failOn, logged, prints } from './steps.fixture.ts';

const STAGES: Record<string, Describe> = {
  pass: stageOf(busy, { ms: 0 }),
  fails: stageOf(failOn, { value: 3 }),
  logged: stageOf(logged, {}),
  prints: stageOf(prints, {}),
};
const NOBODY = '127.0.0.1:1';
const children: ChildProcess[] = [];
const runners: FakeRunner[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const runner of runners.splice(0)) runner.stop();
});

/** Starts a process; resolves with what it said once it is over. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [resolve(import.meta.dirname, 'victim.fixture.ts'), ...args]);
  children.push(child);
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => {
    stderr += text;
  });
  const over = once(child, 'close').then(([code, signal]) => ({ code, signal, stderr }));
  return { child, over };
}

async function startOurs(withLogs = true, ...more: string[]) {
  const runner = await FakeRunner.start(STAGES);
  runners.push(runner);
  const logging = withLogs ? [`--logging_endpoint=${runner.endpoint}`] : [];
  const { child, over } = start(
    'ours',
    '--id=w1',
    '--options={}',
    `--control_endpoint=${runner.endpoint}`,
    ...logging,
    ...more,
  );
  return { runner, child, over };
}

const runBundle = async (runner: FakeRunner, id: string, stage: string, values: number[]) => {
  const answer = runner.processBundle(id, stage);
  await runner.feed(id, values);
  return answer;
};

it('says in one line that nobody is there, where the SDK’s worker throws what nobody catches', async () => {
  const stock = start('stock', NOBODY).over;
  const ours = start('ours', `--control_endpoint=${NOBODY}`, '--connect_timeout_ms=200').over;
  expect((await stock).stderr).toMatch(/Unhandled 'error' event/);
  const { code, stderr } = await ours;
  expect(code).toBe(1);
  const lines = stderr
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('{'));
  expect(lines).toEqual([
    expect.stringMatching(/^Expected a runner at 127\.0\.0\.1:1, found none within 200 ms\./),
  ]);
});

it('ends with 1 and one line when the runner breaks off', async () => {
  const { runner, over } = await startOurs(false);
  await runBundle(runner, 'b', 'pass', [1]);
  runner.stop();
  const { code, stderr } = await over;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^The control stream to 127\.0\.0\.1:\d+ broke: .*$/m);
  expect(stderr).not.toMatch(/^\s+at /m);
});

it('ends with 1 and nothing more to say where its log outlives its control stream', async () => {
  const { runner, over } = await startOurs();
  await runBundle(runner, 'b', 'pass', [1]);
  await runner.breakControl();
  const { code, stderr } = await over;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^The control stream to 127\.0\.0\.1:\d+ broke: .*runner fell over\n$/);
});

it('ends with 0 when the runner is done with it', async () => {
  const { runner, over } = await startOurs();
  expect((await runBundle(runner, 'b', 'pass', [1])).error).toBe('');
  await runner.endControl();
  expect(await over).toEqual({ code: 0, signal: null, stderr: '' });
});

it('finishes its bundles when told to stop, and takes no new ones', async () => {
  const { runner, child, over } = await startOurs();
  const answer = runner.processBundle('b1', 'pass');
  await runner.send('b1', encoded([1]), false);
  // At work for certain once it has counted an element.
  await vi.waitFor(async () => {
    expect(JSON.stringify(await runner.progress('p', 'b1'))).toContain('element_count');
  });
  child.kill('SIGTERM');
  await vi.waitFor(() =>
    expect(runner.logs.map(({ message }) => message)).toContain('Worker w1 stops: 1 at work.'),
  );
  const refused = vi.fn();
  void runner.processBundle('b2', 'pass').then(refused);
  await runner.send('b1', encoded([2]), true);
  expect((await answer).error).toBe('');
  expect(await runner.output('b1')).toEqual([1, 2]);
  expect(await over).toMatchObject({ code: 0, signal: null });
  expect(refused).not.toHaveBeenCalled();
});

it.each(['told to stop', 'the runner is done', 'the runner breaks off'])(
  'gives back what it holds when %s',
  async (why) => {
    const { runner, child, over } = await startOurs(true, '--gives-back');
    await runBundle(runner, 'b', 'pass', [1]);
    if (why === 'told to stop') child.kill('SIGTERM');
    else await (why === 'the runner is done' ? runner.endControl() : runner.breakControl());
    expect((await over).stderr.match(/^gave back$/gm)).toHaveLength(1);
  },
);

it('gives back what it holds although a bundle waits for what never comes', async () => {
  const { runner, child, over } = await startOurs(true, '--gives-back');
  void runner.processBundle('b', 'pass');
  await vi.waitFor(async () => expect((await runner.progress('p', 'b')).error).toBe(''), { timeout: 8_000 });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text;
  });
  child.kill('SIGTERM');
  await vi.waitFor(() => expect(said).toContain('gave back'), { timeout: 8_000 });
  child.kill('SIGKILL');
  await over;
});

it.each(['', 'soon', '0', '3600001'])('refuses --connect_timeout_ms=%j', async (ms) => {
  const { code, stderr } = await start('ours', `--control_endpoint=${NOBODY}`, `--connect_timeout_ms=${ms}`)
    .over;
  expect(code).toBe(4);
  expect(stderr).toMatch(/^Expected --connect_timeout_ms of 1 to 3600000 whole milliseconds, got "/);
});

it('asks a runner that tells of itself what it can do, unless its container knows', async () => {
  const asked = await containerRunner((url) => ({ controlEndpoint: { url } }));
  const there = [`--control_endpoint=${asked.url}`, `--provision_endpoint=${asked.url}`];
  const [asks, knows] = [
    start('ours', '--id=asks', ...there),
    start('ours', '--id=knows', '--runner_capabilities=', ...there),
  ];
  for (let i = 0; i < 2; i++) (await asked.controls.next()).stream.end();
  expect(await Promise.all([asks.over, knows.over])).toMatchObject([{ code: 0 }, { code: 0 }]);
  expect(asked.provisioned.all).toEqual(['asks']);
  asked.close();
});

it('ends with 1 where a runner does not tell of itself in time', async () => {
  const mute = await containerRunner(() => undefined);
  const there = [`--control_endpoint=${mute.url}`, `--provision_endpoint=${mute.url}`];
  const { code, stderr } = await start('ours', '--id=w', '--connect_timeout_ms=200', ...there).over;
  mute.close();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Expected provisioning from 127\.0\.0\.1:\d+ for worker w, got .*$/m);
});

it('ends with 0 when told to stop before the runner is there', async () => {
  const { child, over } = start('ours', `--control_endpoint=${NOBODY}`);
  await once(child.stderr!, 'data');
  child.kill('SIGTERM');
  expect(await over).toMatchObject({ code: 0, signal: null });
});

it('logs to the runner, naming bundle and step', async () => {
  const { runner, over } = await startOurs();
  await runBundle(runner, 'b1', 'logged', [5]);
  const { error } = await runBundle(runner, 'b2', 'fails', [3]);
  await runner.endControl();
  await over;
  const about = runner.logs.filter(({ instructionId }) => instructionId !== '');
  expect(about).toMatchObject([
    {
      severity: Severity.WARN,
      instructionId: 'b1',
      transformId: expect.stringMatching(/^transform_/),
      message: 'saw 5',
    },
    { severity: Severity.ERROR, instructionId: 'b2', message: error },
  ]);
});

it('keeps the stack of an error that is printed', async () => {
  const { runner, over } = await startOurs();
  await runBundle(runner, 'b1', 'prints', [5]);
  await runner.endControl();
  await over;
  const about = runner.logs.filter(({ instructionId }) => instructionId === 'b1');
  expect(about[0]?.message).toMatch(/^saw Error: 5 is odd\n\s+at .*steps\.fixture\.ts/);
});

it('logs to stderr as JSON where the runner takes no logs', async () => {
  const { runner, over } = await startOurs(false);
  await runBundle(runner, 'b1', 'logged', [5]);
  await runner.endControl();
  const lines = (await over).stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toContainEqual({
    severity: 'WARNING',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    message: 'saw 5',
    instructionId: 'b1',
    transformId: expect.stringMatching(/^transform_/),
  });
});
