/** How the stack of a folder lives, or how it ended, and what nobody looks after since. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS, HOUR_MS } from '../../schemas/primitives.ts';
import { duration } from '../figures.ts';
import { isAlive, type KeptStatus, readStatus, STATUS_FILE } from '../observe/status-file.ts';
import { FUNCTION_FILES } from '../stack-folders.ts';
import { version } from '../version.ts';
import { type Finding, found, ok, saidBy } from './finding.ts';
import { keptBooks, type StackFolder } from './stack-files.ts';

/** Where its status is older, a process is not busy, as cst status has it, but stands still. */
const HANGING_MS = 60_000;
/** Levels are kept for so long; what is older was decided in another market. */
const OLD_MS = 7 * DAY_MS;

export function runningFindings(folder: string, nowMs: number): Finding[] {
  const { kept, findings } = statusOf(folder);
  if (findings.length > 0) return findings;
  // Of the one before: this one has only begun.
  if (kept === null || kept.isStopped || !isAlive(kept.pid)) {
    return [ok('state', `${folder} is used by a stack that runs`)];
  }
  const { pid, writtenMs } = kept;
  if (nowMs - writtenMs > HANGING_MS) {
    return [
      found('state', 'warning', {
        what: `the stack in ${folder} (process ${pid}) has not told of itself for ${age(nowMs - writtenMs)}`,
        why: 'It holds its folder and does nothing: it hangs, was suspended, or cannot write there.',
        remedy: `cst logs --dir ${folder}, then kill ${pid} (kill -9 ${pid} loses nothing), and start it again`,
      }),
    ];
  }
  const running = ok('state', `${folder} is used by a stack that runs (process ${pid})`);
  return kept.version === version() ? [running] : [outdated(folder, kept)];
}

function statusOf(folder: string): {
  readonly kept: KeptStatus | null;
  readonly findings: Finding[];
} {
  try {
    return { kept: readStatus(folder), findings: [] };
  } catch (error) {
    const finding = found('state', 'warning', {
      what: saidBy(error),
      why: 'How its stack is, or how it ended, is not known.',
      remedy: `rm ${join(folder, STATUS_FILE)}; one that runs writes it anew`,
    });
    return { kept: null, findings: [finding] };
  }
}

function outdated(folder: string, { pid, version: theirs }: KeptStatus): Finding {
  return found('state', 'warning', {
    what: `the stack in ${folder} (process ${pid}) is of version ${theirs}, this program of ${version()}`,
    why: 'What it writes may not be what this program expects.',
    remedy: `kill ${pid} (it drains), and start it again`,
  });
}

/** Of a stack that does not run, and that the next start goes on with. */
export function endedFindings({ folder, start }: StackFolder, nowMs: number): Finding[] {
  const { kept, findings } = statusOf(folder);
  const endedMs = kept?.writtenMs ?? lastChangeMs(folder);
  const downMs = endedMs === null ? null : Math.max(0, nowMs - endedMs);
  return [
    ...findings,
    ...(kept !== null && !kept.isStopped ? [killed({ folder, start }, kept, nowMs)] : []),
    ...openPositions({ folder, start }, downMs),
    ...waitingAlerts({ folder, start }, kept),
    ...(downMs !== null && downMs > OLD_MS ? [old({ folder, start }, downMs)] : []),
  ];
}

function lastChangeMs(folder: string): number | null {
  const files = [FUNCTION_FILES.state, `${FUNCTION_FILES.state}-wal`].map((name) => join(folder, name));
  const times = files.filter((path) => existsSync(path)).map((path) => statSync(path).mtimeMs);
  return times.length === 0 ? null : Math.max(...times);
}

function killed({ folder, start }: StackFolder, { pid, writtenMs }: KeptStatus, nowMs: number): Finding {
  const time = new Date(writtenMs).toISOString();
  return found('state', 'warning', {
    what: `the stack in ${folder} (process ${pid}) was killed, or died, ${age(nowMs - writtenMs)} ago, at ${time}`,
    why: 'What it had is kept, and nothing is lost; but since then no market is watched and no alert is sent.',
    remedy: `cst logs --dir ${folder} tells its last words; ${start} goes on from there`,
  });
}

/** Files that cannot be read are told of elsewhere. */
function openPositions({ folder, start }: StackFolder, downMs: number | null): Finding[] {
  const positions = quietBooks(folder).flatMap((book) => book.positions);
  if (positions.length === 0) return [];
  const names = positions.map(
    ({ side, symbol, status }) => `${side} ${symbol}${status === 'OPEN' ? '' : ' (resting)'}`,
  );
  const isReal = positions.some(({ account }) => account !== null);
  const since = downMs === null ? '' : ` for ${age(downMs)}`;
  return [
    found('state', 'warning', {
      what: `open in ${folder}, and looked after by nobody${since}: ${names.join(', ')}`,
      why: isReal
        ? 'TP and SL stand at the exchange, but nothing ends by timeout, signal or /pause, and no exit is told.'
        : 'They are paper: the next start decides their exits by the bars that were missed.',
      remedy: isReal ? `${start}, or close them at the exchange` : start,
    }),
  ];
}

function quietBooks(folder: string) {
  try {
    return keptBooks(folder);
  } catch {
    return [];
  }
}

function waitingAlerts({ folder, start }: StackFolder, kept: KeptStatus | null): Finding[] {
  const waiting = kept?.status?.alerts.waiting ?? 0;
  if (waiting === 0) return [];
  return [
    found('state', 'warning', {
      what: `${waiting} alerts of ${folder} were not sent`,
      why: 'They wait in its outbox, and go out, in order and however old, with the next start.',
      remedy: `${start}; or drop them: mkdir -p dropped && mv ${join(folder, FUNCTION_FILES.outbox)}* dropped/`,
    }),
  ];
}

function old({ folder, start }: StackFolder, downMs: number): Finding {
  return found('state', 'warning', {
    what: `no stack has run in ${folder} for ${age(downMs)}`,
    why: 'Books, pauses and halts in it are of then, and the next start goes on with them.',
    remedy: `${start} to go on, or begin afresh: mv ${folder} ${folder}.old`,
  });
}

/** Days, where hours are too many to count. */
function age(ms: number): string {
  return ms < 48 * HOUR_MS ? duration(ms) : `${Math.floor(ms / DAY_MS)} days`;
}
