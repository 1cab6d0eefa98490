/** Installs an engine by the package registry of its language: Go's proxy for Prism, Maven's for Flink. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, UpstreamError } from '../../../../schemas/errors.ts';
import {
  ENGINES,
  type Engine,
  type EngineName,
  engineFolder,
  FLINK_POM,
  findEngine,
  isUsable,
  PRISM_PACKAGE,
} from './catalog.ts';
import { assertTools, runTool, type ToolRun } from './tools.ts';

/**
 * The installed engine, installed first where it is missing: about a minute each, from the network. It is there as a
 * whole or not at all, also after a crash and when several install at once.
 * @throws ConfigError where a tool is missing. @throws UpstreamError where its registry or the disk fails.
 */
export async function installEngine(name: EngineName, run: ToolRun): Promise<Engine> {
  const found = findEngine(name, run.env);
  if (found) return found;
  await assertTools(ENGINES[name].tools, run.env);
  const folder = engineFolder(name, run.env);
  const draft = draftBeside(folder);
  try {
    await FILL[name](draft, run);
    if (!isUsable(name, join(draft, ENGINES[name].inside))) {
      throw new UpstreamError(`Installing ${name} left no ${ENGINES[name].inside} in ${draft}. Try again.`);
    }
    publish(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return { kind: ENGINES[name], path: join(folder, ENGINES[name].inside) };
}

const FILL: Readonly<Record<EngineName, (folder: string, run: ToolRun) => Promise<unknown>>> = {
  prism: (folder, run) => {
    const [tool] = ENGINES.prism.tools;
    const env = { ...run.env, GOBIN: folder };
    return runTool(tool!, ['install', `${PRISM_PACKAGE}@v${ENGINES.prism.version}`], { ...run, env });
  },
  flink: (folder, run) => {
    const [tool] = ENGINES.flink.tools;
    const output = `-DoutputDirectory=${join(folder, ENGINES.flink.inside)}`;
    const args = ['-B', '-ntp', '-f', FLINK_POM, 'dependency:copy-dependencies', output];
    return runTool(tool!, args, run);
  },
};

function draftBeside(folder: string): string {
  try {
    makeFolder(dirname(folder));
    return mkdtempSync(join(dirname(folder), '.installing-'));
  } catch (cause) {
    throw new UpstreamError(`Cannot write to ${dirname(folder)}: ${messageOf(cause)}. Set CST_ENGINES.`, {
      cause,
    });
  }
}

/** Step by step: Node's own `recursive` never ends where the kernel says of a new name that it is not there (/proc). */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (cause) {
    if (!existsSync(path)) throw cause;
  }
}

/** Another process may have been faster: its copy is as good. */
function publish(draft: string, folder: string): void {
  try {
    renameSync(draft, folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw cause;
  }
}
