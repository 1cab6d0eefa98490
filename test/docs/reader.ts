/** Someone who follows a document from its first command to its last, in a folder of its own, with exchange and Telegram on this machine. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { canFollow, ROOT, type ShellBlock } from './shell.ts';

const CST = join(import.meta.dirname, 'patient-cst.ts');
/** Ports that documents name: of a test's machine somebody may have them. */
const NAMED_PORTS = ['9000', '8080'];
const TWIN = pathToFileURL(join(import.meta.dirname, 'bybit-here.fixture.ts')).href;
const LOOK_EVERY_MS = 50;
/** A file of the folder: a picture has come to the phone. */
export const PHONE = 'phone.rang';

export interface Surroundings {
  /** Where the document is followed. */
  readonly folder: string;
  /** Address of the exchange's twin. */
  readonly twin: string;
  /** Address of a Bot API server. */
  readonly telegram: string;
  /** The phone has got a picture. */
  readonly hasPicture: () => boolean;
  /** What is typed where a command asks. */
  readonly typed: string;
}

export interface Followed {
  readonly code: number;
  readonly output: string;
}

/** Ends at the first command that fails, and names it. */
export async function follow(blocks: readonly ShellBlock[], around: Surroundings): Promise<Followed> {
  const ports = await Promise.all(NAMED_PORTS.map(freePort));
  const script = NAMED_PORTS.reduce(
    (text, named, i) => text.replaceAll(named, ports[i]!),
    blocks.filter(canFollow).map(lineOf).join('\n'),
  );
  const child = spawn('bash', ['-c', `${preambleOf(around)}\n${script}`], { cwd: around.folder });
  const looking = setInterval(() => {
    if (around.hasPicture()) writeFileSync(join(around.folder, PHONE), '');
  }, LOOK_EVERY_MS);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => {
      output += bytes;
    });
  child.stdin.end(`${around.typed}\n`);
  const code = await new Promise<number>((end) => child.on('close', (status) => end(status ?? 1)));
  clearInterval(looking);
  endWhatStays(around.folder);
  return { code, output };
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `${port}`;
}

function preambleOf({ twin, telegram }: Surroundings): string {
  const node = `'${process.execPath}'`;
  return [
    'set -eEuo pipefail',
    `trap 'echo "FAILED: $BASH_COMMAND"' ERR`,
    `export NODE_OPTIONS='--import ${TWIN}?twin=${encodeURIComponent(twin)}' CST_TELEGRAM_API='${telegram}'`,
    // With the seconds: a walk that has become long tells by what.
    `cst() { echo "\\$ [$SECONDS s] cst $*" >&2; ${node} '${CST}' "$@"; }`,
    `npx() { shift; cst "$@"; }`,
    `images() { ${node} '${ROOT}/infra/images/main.ts' "$@"; }`,
    // What `.ci/run` does itself, in a fresh clone, is not done again.
    `npm() { case "$*" in
      ci*|test|'run check'|'run test:slow'|'run test:engines') ;;
      start*) shift; [ "\${1-}" != -- ] || shift; cst start "$@";;
      'run -s cst -- '*) shift 4; cst "$@";;
      'run build:images -- '*) shift 3; images "$@";;
      *) echo "unknown: npm $*" >&2; return 1;;
    esac; }`,
  ].join('\n');
}

const lineOf = ({ how, text }: ShellBlock) =>
  how === 'stays' ? text.replace(/^npx cst /gm, 'npx cst --stays ') : text;

function endWhatStays(folder: string): void {
  const file = join(folder, 'stays.pid');
  if (!existsSync(file)) return;
  for (const pid of readFileSync(file, 'utf8').trim().split('\n')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
