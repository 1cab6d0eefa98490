/** The engines that the graph runs on besides the embedded one: which version, where it is, what it takes to install it. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Environment } from '../../../../connectors/environment.ts';
import { ConfigError } from '../../../../schemas/errors.ts';

export const ENGINE_NAMES = ['prism', 'flink'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export interface EngineKind {
  readonly name: EngineName;
  /** Pinned: outputs are proved identical with exactly this one. */
  readonly version: string;
  readonly about: string;
  /** Names a copy that somebody installed by other means. */
  readonly variable: string;
  /** What that variable names. */
  readonly variableHolds: string;
  /** Tools that installing it takes. */
  readonly tools: readonly Tool[];
  /** Where below its folder what we start lies. */
  readonly inside: string;
}

export interface Tool {
  readonly command: string;
  readonly advice: string;
}

const GO: Tool = { command: 'go', advice: 'Go 1.26 or newer (https://go.dev/dl)' };
const MAVEN: Tool = { command: 'mvn', advice: 'Apache Maven 3.8 or newer (e.g. apt install maven)' };
export const JAVA: Tool = {
  command: 'java',
  advice: 'a Java runtime, 11 or 17 (e.g. apt install openjdk-17-jre-headless)',
};

export const PRISM_PACKAGE = 'github.com/apache/beam/sdks/v2/go/cmd/prism';
export const FLINK_POM = join(import.meta.dirname, 'flink-job-server.pom.xml');

export const ENGINES: Readonly<Record<EngineName, EngineKind>> = {
  prism: {
    name: 'prism',
    version: '2.77.0',
    about: "Beam's own local engine, one Go program",
    variable: 'CST_PRISM',
    variableHolds: 'the program',
    tools: [GO],
    inside: 'prism',
  },
  flink: {
    name: 'flink',
    version: '1.19-beam-2.62.0',
    about: 'Apache Flink 1.19 in one JVM, with the job server of Beam 2.62.0',
    variable: 'CST_FLINK_LIB',
    variableHolds: 'the folder of jars',
    tools: [MAVEN, JAVA],
    inside: 'lib',
  },
};

export interface Engine {
  readonly kind: EngineKind;
  /** Prism: the program. Flink: the folder of jars. */
  readonly path: string;
}

/** Folder that engines are installed into: `CST_ENGINES`, or one in the user's cache. */
export function enginesFolder(env: Environment): string {
  if (env.CST_ENGINES) return resolve(env.CST_ENGINES);
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache');
  return join(cache, 'crypto-signal-tracker', 'engines');
}

/** Where `installEngine` puts it. */
export function engineFolder(name: EngineName, env: Environment): string {
  return join(enginesFolder(env), `${name}-${ENGINES[name].version}`);
}

/**
 * The engine of that name, where it is installed.
 * @throws ConfigError where the variable that overrides its place names nothing.
 */
export function findEngine(name: EngineName, env: Environment): Engine | undefined {
  const kind = ENGINES[name];
  const named = env[kind.variable];
  if (named) {
    if (isUsable(name, named)) return { kind, path: resolve(named) };
    throw new ConfigError(
      `Expected ${kind.variable} to name ${kind.variableHolds} of ${name}, got ${named}.`,
    );
  }
  const path = join(engineFolder(name, env), kind.inside);
  return isUsable(name, path) ? { kind, path } : undefined;
}

/** @throws ConfigError that says how to install it. */
export function needEngine(name: EngineName, env: Environment): Engine {
  const found = findEngine(name, env);
  if (found) return found;
  throw new ConfigError(
    `Expected ${name} ${ENGINES[name].version} in ${engineFolder(name, env)}, found none. Install it: cst engine install ${name}.`,
  );
}

export function isUsable(name: EngineName, path: string): boolean {
  const found = existsSync(path) ? statSync(path) : undefined;
  if (name === 'prism') return found?.isFile() === true;
  return found?.isDirectory() === true && readdirSync(path).some((file) => isJobServer(file));
}

/** Version numbers of the pom, so that the table above cannot drift from it. */
export function flinkPomVersion(): string {
  const found = /beam-runners-flink-([\d.]+)<\/artifactId>\s*<version>([\d.]+)</.exec(
    readFileSync(FLINK_POM, 'utf8'),
  );
  return `${found?.[1]}-beam-${found?.[2]}`;
}

const isJobServer = (file: string) => /^beam-runners-flink-[\d.]+-[\d.]+\.jar$/.test(file);
