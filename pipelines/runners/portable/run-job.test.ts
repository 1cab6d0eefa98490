import '../../../transforms/sdk.beam.ts';
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobMessage_MessageImportance as Importance } from 'apache-beam/proto/beam_job_api';
import { Components, Pipeline } from 'apache-beam/proto/beam_runner_api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../connectors/clock/manual.ts';
import { systemClock } from '../../../connectors/clock/system.ts';
import { UpstreamError } from '../../../schemas/errors.ts';
import { ENVIRONMENT } from '../../../test/engines/needs.ts';
import { JobServer } from './job-server.fixture.ts';
import { type JobRunOptions, runJob } from './run-job.ts';

let server: JobServer;
beforeEach(async () => {
  server = await JobServer.start();
});
afterEach(() => server.vanish());

/** An engine that takes a job and goes on for ever, as its log tells; it writes its folder to `folder`. */
function endlessEngine() {
  const here = mkdtempSync(join(tmpdir(), 'run-job-'));
  const [program, folder] = [join(here, 'prism'), join(here, 'folder')];
  const port = server.endpoint.split(':')[1];
  const lines = [
    '#!/bin/sh',
    `echo "$TMPDIR" > ${folder}`,
    `echo '{"msg":"Serving JobManagement","endpoint":"localhost:${port}"}'`,
    'while sleep 0.01; do echo "pipeline is running"; done',
  ];
  writeFileSync(program, `${lines.join('\n')}\n`);
  chmodSync(program, 0o755);
  return { env: { CST_PRISM: program, PATH: ENVIRONMENT.PATH }, folder };
}

async function running(options: Pick<JobRunOptions, 'clock' | 'signal'>) {
  const { env, folder } = endlessEngine();
  const pipeline = Pipeline.create({ components: Components.create() });
  const all = { ...options, env, log: () => undefined, jobOptions: {}, take: () => undefined };
  const run = runJob('prism', pipeline, all);
  run.catch(() => undefined);
  await vi.waitFor(() => expect(server.prepared).toHaveLength(1), { timeout: 30_000 });
  await server.says('stage 1 of 2', Importance.JOB_MESSAGE_BASIC);
  return { run, folder };
}

describe('a job that goes on for ever', () => {
  it('is given up once nothing new has come of it for five minutes, with the last that all have said', async () => {
    const clock = new ManualClock();
    const { run, folder } = await running({ clock });
    let isOver = false;
    const over = run
      .catch((error: unknown) => error)
      .finally(() => {
        isOver = true;
      });
    while (!isOver) {
      await clock.advanceTo(clock.now() + 5_000);
      await new Promise(setImmediate);
    }
    const error = await over;
    expect(error).toBeInstanceOf(UpstreamError);
    expect((error as Error).message).toMatch(
      /^Expected prism to end the job, got nothing new from it for 5 min\. .*\nprism: The last it said:\n[\s\S]*pipeline is running\nworkers: It said nothing\.\njob: The last it said:\n {2}stage 1 of 2$/,
    );
    expect(clock.now()).toBeGreaterThanOrEqual(300_000);
    expect(existsSync(readFileSync(folder, 'utf8').trim())).toBe(false);
  });

  it('ends when it is told to, and says how far it came', async () => {
    const stop = new AbortController();
    const { run } = await running({ clock: systemClock, signal: stop.signal });
    stop.abort();
    await expect(run).rejects.toThrow(/was told to end it\. [\s\S]*pipeline is running/);
  });
});
