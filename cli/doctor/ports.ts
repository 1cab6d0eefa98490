/** Ports that settings ask for: free, taken and by whom, or not to be had here. */
import { existsSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { networkCode } from '../../connectors/network-code.ts';
import { messageOf } from '../../schemas/errors.ts';
import { at } from '../config/layers.ts';
import { DASHBOARD_PORT } from '../dashboard-flags.ts';
import { isRunning } from '../observe/status-file.ts';
import { BUS } from '../stack-bus.ts';
import { type Finding, found, ok } from './finding.ts';
import { type Listener, listenerOn } from './listener.ts';

export interface AskedPort {
  readonly port: number;
  readonly host: string;
  /** The setting that asks for it; null: nobody did, and any other will do. */
  readonly setting: string | null;
  /** False: what wants it goes on without. */
  readonly isVital: boolean;
}

const HEALTH_PORTS = ['start.healthPort', 'run.healthPort', 'relay.healthPort', 'record.healthPort'];
const ANYWHERE = '0.0.0.0';
const TAKEN = 'EADDRINUSE';
/** From here on a port is anybody's. */
const FIRST_FREE = 1_024;

export function portsOf(settings: object): AskedPort[] {
  const asked = HEALTH_PORTS.flatMap((setting): AskedPort[] => {
    const port = at(settings, setting.split('.'));
    return isPort(port) ? [{ port, host: ANYWHERE, setting, isVital: true }] : [];
  });
  const { enabled, port, host } = (at(settings, ['dashboard']) ?? {}) as Record<string, unknown>;
  if (enabled === false) return asked;
  const address = { host: typeof host === 'string' ? host : '127.0.0.1', isVital: false };
  if (port === undefined) return [{ port: DASHBOARD_PORT, setting: null, ...address }, ...asked];
  return isPort(port) ? [{ port, setting: 'dashboard.port', ...address }, ...asked] : asked;
}

/** Ports that two of a person's settings ask for. */
export function clashFindings(asked: readonly AskedPort[]): Finding[] {
  const settings = Map.groupBy(asked, ({ port }) => port);
  return [...settings].flatMap(([port, each]) => {
    const names = each.flatMap(({ setting }) => setting ?? []);
    if (names.length < 2) return [];
    return found('port', 'warning', {
      what: `port ${port} is asked for twice: ${names.join(' and ')}`,
      why: 'Whatever opens it second, side by side with the first, finds it taken.',
      remedy: `set ${names[0]} to another port`,
    });
  });
}

/** 0 is any that is free. */
function isPort(port: unknown): port is number {
  return typeof port === 'number' && port > 0;
}

export interface PortPorts {
  /** Folders of stacks, one of which may have it. */
  readonly folders: readonly string[];
  /** Null where it could be opened; else the system's word for why not. */
  readonly open?: (port: number, host: string) => Promise<string | null>;
}

export async function portFinding(asked: AskedPort, { folders, open = opened }: PortPorts): Promise<Finding> {
  const { port, host, setting } = asked;
  const problem = await open(port, host);
  if (problem === null) return ok('port', `port ${port} is free${setting === null ? '' : ` for ${setting}`}`);
  if (problem === TAKEN) return takenFinding(asked, folders);
  const consequence = consequenceOf(asked);
  if (problem === 'EACCES') {
    return found('port', levelOf(asked), {
      what: `port ${port} may not be opened by this user: ${problem}`,
      why: `Ports below ${FIRST_FREE} are for the system. ${consequence}`,
      remedy: `set ${setting ?? 'dashboard.port'} to a port from ${FIRST_FREE} on, e.g. ${asked.isVital ? 8_080 : DASHBOARD_PORT}`,
    });
  }
  return found('port', levelOf(asked), {
    what: `port ${port} cannot be opened at ${host}: ${problem}`,
    why: `That is no address of this machine. ${consequence}`,
    remedy: 'set dashboard.host to 127.0.0.1, or to an address that ip addr shows',
  });
}

function takenFinding(asked: AskedPort, folders: readonly string[]): Finding {
  const { port, setting } = asked;
  const listener = listenerOn(port);
  const own = listener && folders.find((folder) => holds(listener, folder));
  if (own) return ok('port', `port ${port} is that of the stack in ${own} (process ${listener.pid})`);
  const by = listener ? ` by process ${listener.pid} (${listener.name})` : '';
  if (setting === null) {
    return ok('port', `port ${port} is taken${by}: the dashboard takes another, and says which`);
  }
  // Where the system does not say who it is, it is most likely ours.
  const running = listener === null ? folders.find(isRunning) : undefined;
  if (running !== undefined) return ok('port', `port ${port} is taken while a stack runs in ${running}`);
  const end = listener
    ? `kill ${listener.pid}`
    : `sudo lsof -nP -iTCP:${port} -sTCP:LISTEN shows who has it: end it`;
  return found('port', levelOf(asked), {
    what: `port ${port} is taken${by}`,
    why: `${setting} asks for it. ${consequenceOf(asked)}`,
    remedy: `set ${setting} to another port${asked.isVital ? '' : ', or leave it out'}; or ${end}`,
  });
}

/** Whoever runs a stack has the lock of its bus open. */
function holds({ files }: Listener, folder: string): boolean {
  const lock = join(folder, BUS, 'lock');
  return existsSync(lock) && files.includes(realpathSync(lock));
}

const levelOf = ({ isVital }: AskedPort) => (isVital ? 'stop' : 'warning');

function consequenceOf({ isVital }: AskedPort): string {
  return isVital
    ? 'What wants it does not start without.'
    : 'The stack would run, but there would be no dashboard.';
}

function opened(port: number, host: string): Promise<string | null> {
  return new Promise((answer) => {
    const server = createServer();
    server.once('error', (error) => answer(networkCode(error) ?? messageOf(error)));
    server.listen(port, host, () => server.close(() => answer(null)));
  });
}
