/** The tools of other languages that engines need: whether they are there, and what to do where they are not. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Environment } from '../../../../connectors/environment.ts';
import { ConfigError, messageOf, UpstreamError } from '../../../../schemas/errors.ts';
import { eachLine } from '../../../worker/process/lines.ts';
import { JAVA, type Tool } from './catalog.ts';

const OLDEST_JAVA = 11;
/** Lines of a failed command that its error repeats. */
const TOLD_LINES = 12;

export interface ToolRun {
  readonly env: Environment;
  readonly onLine?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a tool to its end; its lines of both streams go to `onLine`.
 * @returns All it wrote. @throws ConfigError where there is no such tool. @throws UpstreamError where it failed.
 */
export async function runTool(tool: Tool, args: readonly string[], run: ToolRun): Promise<string> {
  const lines: string[] = [];
  const take = (line: string) => {
    lines.push(line);
    run.onLine?.(line);
  };
  const code = await toEnd(tool, args, run, take);
  if (code === 0) return lines.join('\n');
  const said = lines.slice(-TOLD_LINES).join('\n  ');
  throw new UpstreamError(`${tool.command} ended with ${code} and said:\n  ${said}`);
}

function toEnd(
  tool: Tool,
  args: readonly string[],
  { env, signal }: ToolRun,
  onLine: (line: string) => void,
): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool.command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env },
      ...(signal && { signal }),
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT';
      reject(isMissing ? missing(tool) : new UpstreamError(`${tool.command}: ${messageOf(error)}`));
    });
    for (const stream of [child.stdout, child.stderr]) eachLine(stream, onLine);
    child.once('close', (code, killedBy) => resolve(code ?? killedBy));
  });
}

function missing(tool: Tool): ConfigError {
  return new ConfigError(`Expected ${tool.command} on the PATH, found none. Install ${tool.advice}.`);
}

/** @throws ConfigError naming the first tool that is not there, or is too old. */
export async function assertTools(tools: readonly Tool[], env: Environment): Promise<void> {
  for (const tool of tools) {
    if (tool === JAVA) await javaOf(env);
    else await runTool(tool, [tool.command === 'go' ? 'version' : '--version'], { env });
  }
}

/** The Java to run: of JAVA_HOME, or of the PATH. @throws ConfigError where there is none, or an older one. */
export async function javaOf(env: Environment): Promise<string> {
  const command = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : JAVA.command;
  const said = await runTool({ ...JAVA, command }, ['-version'], { env });
  const version = javaVersionOf(said);
  if (version >= OLDEST_JAVA) return command;
  throw new ConfigError(
    `Expected Java ${OLDEST_JAVA} or newer, got ${version} from ${command}. Install ${JAVA.advice}.`,
  );
}

/** Feature release in what `java -version` says: 8 for "1.8.0_292", 17 for "17.0.15"; NaN where it says none. */
export function javaVersionOf(text: string): number {
  const found = /version "(?:1\.)?(\d+)/.exec(text);
  return Number(found?.[1] ?? Number.NaN);
}
