/** What `cst doctor` does: every check, whatever becomes of the others; then what was found. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { systemClock } from '../../connectors/clock/system.ts';
import { venueAdapter } from '../../connectors/exchanges/adapters.ts';
import { ENGINE_NAMES, ENGINES, findEngine } from '../../pipelines/runners/portable/engines/catalog.ts';
import { messageOf } from '../../schemas/errors.ts';
import { keysOf } from '../config/keys.ts';
import { at } from '../config/layers.ts';
import { resolved } from '../config/resolve.ts';
import { type Settings, schemaOf } from '../config/schema.ts';
import { layersOf } from '../config/sources.ts';
import { DASHBOARD_PORT } from '../dashboard-flags.ts';
import { EXIT } from '../errors.ts';
import { type Finding, found, ok } from './finding.ts';
import { diskFinding, filesFinding, nodeFinding, portFinding } from './machine.ts';
import { secretFindings } from './secrets.ts';
import { stateFindings } from './state.ts';

export interface DoctorFlags {
  readonly dir: string;
  readonly online?: boolean;
  readonly json?: boolean;
}

type Check = () => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>;
type AllSettings = Settings & Record<string, unknown>;

/** Ends with 1 where something found stops work. */
export async function runDoctor(program: Command, flags: DoctorFlags): Promise<void> {
  const { settings, finding } = readSettings(program);
  const offline: Check[] = [
    () => nodeFinding(),
    () => finding,
    () => diskFinding(flags.dir),
    () => filesFinding(),
    ...portsOf(settings).map(
      ([port, flag]): Check =>
        () =>
          portFinding(port, flag),
    ),
    () => secretFindings(process.env, needsOf(settings)),
    () => stateFindings(flags.dir),
    engineFindings,
  ];
  const findings = await allOf(flags.online ? [...offline, ...(await onlineChecks(settings))] : offline);
  const isStopped = findings.some(({ level }) => level === 'stop');
  const text = flags.json ? JSON.stringify({ ok: !isStopped, findings }) : textOf(findings, flags);
  process.stdout.write(`${text}\n`);
  if (isStopped) process.exitCode = EXIT.error;
}

/** A check that fails is a finding itself. */
export async function allOf(checks: readonly Check[]): Promise<Finding[]> {
  const findings = await Promise.all(
    checks.map(async (check) => {
      try {
        return await check();
      } catch (error) {
        const why = 'Nothing is known of it then.';
        return found('check', 'warning', {
          what: `a check failed: ${messageOf(error)}`,
          why,
          remedy: 'run cst doctor again',
        });
      }
    }),
  );
  return findings.flat();
}

function readSettings(program: Command): { settings: AllSettings | null; finding: Finding } {
  const schema = schemaOf(program);
  try {
    const layers = layersOf(undefined, process.env, keysOf(schema));
    const from = layers.length > 0 ? layers.map(({ origin }) => origin).join(', ') : 'defaults alone';
    const { values } = resolved(schema, layers);
    return { settings: values as AllSettings, finding: ok('settings', from) };
  } catch (error) {
    const why = 'Commands that read settings do not start.';
    const finding = found('settings', 'stop', { what: messageOf(error), why, remedy: 'cst config check' });
    return { settings: null, finding };
  }
}

/** Ports that are asked for, and where. */
function portsOf(settings: AllSettings | null): [number, string | null][] {
  const asked = ['dashboard.port', 'start.healthPort', 'run.healthPort', 'relay.healthPort'].flatMap(
    (path) => {
      const port = at(settings, path.split('.'));
      return typeof port === 'number' && port > 0 ? [[port, path] as [number, string]] : [];
    },
  );
  return asked.some(([, path]) => path === 'dashboard.port') ? asked : [[DASHBOARD_PORT, null], ...asked];
}

function needsOf(settings: AllSettings | null) {
  const hasAccount = settings?.desk.books.some(({ execution }) => execution === 'broker') ?? false;
  return { chats: settings?.telegram.chats, hasAccount };
}

function engineFindings(): Finding[] {
  return ENGINE_NAMES.map((name) => {
    const engine = findEngine(name, process.env);
    const { version } = ENGINES[name];
    return ok(
      'engine',
      engine ? `${name} ${version}` : `${name} is not installed, and needed by --runner ${name} alone`,
    );
  });
}

async function onlineChecks(settings: AllSettings | null): Promise<Check[]> {
  const { cloudFinding, restFindings, webSocketFinding } = await import('./online.ts');
  const asked = (key: string) => at(settings, ['relay', key]);
  const urls = Object.fromEntries(
    ['restUrl', 'wsUrl'].flatMap((key) => (typeof asked(key) === 'string' ? [[key, asked(key)]] : [])),
  );
  const exchange = venueAdapter(settings?.desk.venue ?? 'bybit', urls);
  const { GOOGLE_CLOUD_PROJECT: project, PUBSUB_EMULATOR_HOST: endpoint } = process.env;
  return [
    () => restFindings(exchange, systemClock),
    () => webSocketFinding(exchange),
    () =>
      project
        ? cloudFinding(project, endpoint || undefined)
        : ok('cloud', 'no GOOGLE_CLOUD_PROJECT: nothing runs in a cloud'),
  ];
}

const MARKS = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  stop: ['✗', 'red'],
} as const satisfies Record<Finding['level'], readonly [string, string]>;

function textOf(findings: readonly Finding[], { online }: DoctorFlags): string {
  const lines = findings.flatMap(({ check, level, what, why, remedy }) => {
    const [mark, colour] = MARKS[level];
    // Without colour where NO_COLOR is set, or the output is no terminal.
    const head = `${styleText(colour, mark, { stream: process.stdout })} ${check.padEnd(9)} ${what}`;
    return why === undefined ? [head] : [head, `            why: ${why}`, `            do:  ${remedy}`];
  });
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const hint = online ? '' : ' Exchange and cloud were not asked: cst doctor --online.';
  return [...lines, `${count('stop')} to mend, ${count('warning')} to know.${hint}`].join('\n');
}
