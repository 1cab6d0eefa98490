/** What `cst doctor` does: every check, whatever becomes of the others; then what was found. */
import type { Command } from 'commander';
import { systemClock } from '../../connectors/clock/system.ts';
import { ENGINE_NAMES, ENGINES, findEngine } from '../../pipelines/runners/portable/engines/catalog.ts';
import type { Layer } from '../config/layers.ts';
import { resolved } from '../config/resolve.ts';
import { schemaOf } from '../config/schema.ts';
import { layersOf } from '../config/sources.ts';
import { EXIT } from '../errors.ts';
import { print } from '../print.ts';
import { type Check, findingsOf } from './checks.ts';
import { type Finding, found, ok, saidBy } from './finding.ts';
import { diskFinding, filesFinding, nodeFinding } from './machine.ts';
import { type AllSettings, dirsOf, needsOf, venueFinding, writtenDirsOf } from './needs.ts';
import { clashFindings, portFinding, portsOf } from './ports.ts';
import { secretFindings } from './secrets.ts';
import { stackFolders, stateFindings } from './state.ts';
import { findingText, sumText } from './text.ts';

export interface DoctorFlags {
  readonly config?: readonly string[];
  readonly dir?: string;
  readonly online?: boolean;
  readonly json?: boolean;
}

/** Ends with 4 where settings or secrets alone stop work, with 1 where something else does. */
export async function runDoctor(program: Command, flags: DoctorFlags): Promise<void> {
  const { settings, finding } = readSettings(program, flags);
  const all: Finding[] = [];
  const look = async (checks: readonly Check[]) => {
    let isStopped = false;
    for await (const each of findingsOf(checks, { clock: systemClock })) {
      // Folders may be on one disk.
      if (all.some(({ check, what }) => check === each.check && what === each.what)) continue;
      all.push(each);
      isStopped ||= each.level === 'stop';
      if (!flags.json) print(findingText(each, process.stdout.columns));
    }
    return isStopped;
  };
  const isMisset = await look(settingChecks(settings, finding));
  const isStopped = await look([
    ...machineChecks(settings, flags),
    ...(flags.online ? (await import('./online.ts')).onlineChecks(settings, process.env) : []),
  ]);
  print(
    flags.json
      ? JSON.stringify({ ok: !isMisset && !isStopped, findings: all })
      : sumText(all, flags.online === true),
  );
  process.exitCode = isStopped ? EXIT.error : isMisset ? EXIT.config : EXIT.ok;
}

/** Where they cannot be read, what depends on them is looked at as if none were made. */
function readSettings(
  program: Command,
  { config }: DoctorFlags,
): { settings: AllSettings; finding: Finding } {
  const schema = schemaOf(program);
  const settingsIn = (layers: readonly Layer[]) => resolved(schema, layers).values as AllSettings;
  try {
    const layers = layersOf(config, process.env, schema);
    const from = layers.length > 0 ? layers.map(({ origin }) => origin).join(', ') : 'defaults alone';
    return { settings: settingsIn(layers), finding: ok('settings', from) };
  } catch (error) {
    const why = 'Commands that read settings do not start.';
    const remedy = `cst config check${(config ?? []).map((file) => ` --config ${file}`).join('')}`;
    const finding = found('settings', 'stop', { what: saidBy(error), why, remedy });
    return { settings: settingsIn([]), finding };
  }
}

function settingChecks(settings: AllSettings, finding: Finding): Check[] {
  return [
    { of: 'settings', run: () => [finding, ...venueFinding(settings)] },
    { of: 'secrets', run: () => secretFindings(process.env, needsOf(settings)) },
  ];
}

function machineChecks(settings: AllSettings, flags: DoctorFlags): Check[] {
  const dirs = dirsOf(settings, flags.dir);
  return [
    { of: 'Node', run: () => nodeFinding() },
    ...writtenDirsOf(settings, dirs).map((dir) => ({
      of: `the disk of ${dir}`,
      run: () => diskFinding(dir),
    })),
    { of: 'open files', run: () => filesFinding() },
    { of: 'ports', run: () => clashFindings(portsOf(settings)) },
    ...portsOf(settings).map((asked) => ({
      of: `port ${asked.port}`,
      run: () => portFinding(asked, { folders: stackFolders(dirs) }),
    })),
    { of: `the state in ${dirs.join(', ')}`, run: () => stateFindings(dirs, systemClock) },
    ...ENGINE_NAMES.map((name) => ({ of: name, run: () => engineFinding(name) })),
  ];
}

function engineFinding(name: (typeof ENGINE_NAMES)[number]): Finding {
  const { version } = ENGINES[name];
  const isThere = findEngine(name, process.env) !== undefined;
  return ok(
    'engine',
    isThere ? `${name} ${version}` : `${name} is not installed, and needed by --runner ${name} alone`,
  );
}
