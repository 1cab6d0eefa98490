/** How each engine is started, what it says when it listens, and the settings it is given. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../../../connectors/environment.ts';
import type { Engine } from './catalog.ts';
import { javaOf } from './tools.ts';

export interface EngineCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Environment;
  /** Finds the port of the Job API in a line of its log. */
  readonly announces: RegExp;
}

export interface EngineLimits {
  /** Memory that the engine may use for itself. Unit: MiB. */
  readonly memoryMb: number;
}

/** @param folder The engine's own; everything it writes goes below. @throws ConfigError where Java is missing. */
export async function commandOf(
  engine: Engine,
  folder: string,
  env: Environment,
  limits: EngineLimits,
): Promise<EngineCommand> {
  return engine.kind.name === 'prism'
    ? prismCommand(engine, folder, env, limits)
    : flinkCommand(engine, folder, env, limits);
}

function prismCommand(engine: Engine, folder: string, env: Environment, limits: EngineLimits): EngineCommand {
  return {
    command: engine.path,
    args: ['-job_port', '0', '-serve_http=false', '-log_kind', 'json', '-log_level', 'info'],
    // The limit is a bound that Go's collector works towards, not a wall. Below it there is no hurry: at its default pace
    // the collector takes a third of the time.
    env: { GOGC: '400', ...env, TMPDIR: folder, GOMEMLIMIT: `${limits.memoryMb}MiB` },
    announces: /"Serving JobManagement".*?:(\d+)"/,
  };
}

const OPENED = ['sun.nio.ch', 'java.nio', 'java.util', 'java.lang.invoke', 'java.lang'];

async function flinkCommand(
  engine: Engine,
  folder: string,
  env: Environment,
  limits: EngineLimits,
): Promise<EngineCommand> {
  const settings = writeFlinkSettings(folder);
  const java = await javaOf(env);
  return {
    command: java,
    args: [
      `-Xmx${limits.memoryMb}m`,
      `-Djava.io.tmpdir=${folder}`,
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-Dorg.slf4j.simpleLogger.log.org.apache.beam.runners.jobsubmission=info',
      // Since Java 17 these are closed to the serialization that Flink uses.
      ...OPENED.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
      ...['-cp', join(engine.path, '*'), 'org.apache.beam.runners.flink.FlinkJobServerDriver'],
      ...['--job-host', 'localhost', '--job-port', '0', '--artifact-port', '0', '--expansion-port', '0'],
      ...['--artifacts-dir', join(folder, 'artifacts')],
      ...['--flink-master', '[local]', '--flink-conf-dir', settings],
    ],
    env: { ...env, TMPDIR: folder, FLINK_CONF_DIR: settings },
    announces: /JobService started on .*?:(\d+)\s*$/,
  };
}

/**
 * A worker that dies costs the job a restart, not its life. Without checkpoints a restart begins at the first element;
 * since outputs have ids, whoever collects them drops the second copies.
 */
const FLINK_SETTINGS = {
  'restart-strategy.type': 'fixed-delay',
  'restart-strategy.fixed-delay.attempts': '20',
  'restart-strategy.fixed-delay.delay': '500 ms',
  'rest.port': '0',
};

function writeFlinkSettings(folder: string): string {
  const settings = join(folder, 'conf');
  mkdirSync(settings, { recursive: true });
  const lines = Object.entries({ ...FLINK_SETTINGS, 'io.tmp.dirs': folder });
  writeFileSync(
    join(settings, 'flink-conf.yaml'),
    lines.map(([key, value]) => `${key}: ${value}\n`).join(''),
  );
  return settings;
}
