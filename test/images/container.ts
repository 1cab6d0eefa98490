/** Starts what an image would hold as a container would, without an engine: Linux's own namespaces and control groups. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { systemClock } from '../../connectors/clock/system.ts';
import { ENVIRONMENT } from '../engines/needs.ts';
import { commandOf, environmentOf, type Install, lastOf, layOut } from './recipe.ts';

const PORT = '8080';
/** From SIGTERM to SIGKILL. Unit: ms. */
const GRACE_MS = 10_000;
const ENTER = join(import.meta.dirname, 'enter.sh');
const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child'];
const isRoot = process.getuid?.() === 0;
const UNSHARE = isRoot ? NAMESPACES : ['--user', '--map-root-user', ...NAMESPACES];
/** Of the second version first, where it is the only one. */
const GROUPS = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'] as const;

/** Skips the calling test where this machine lets nobody make namespaces, and says so; in CI it fails instead. */
export function needNamespaces(context: Pick<TestContext, 'skip'>): void {
  const { status, stderr, error } = spawnSync('unshare', [...UNSHARE, 'true'], { encoding: 'utf8' });
  if (status === 0) return;
  const reason = `needs Linux's namespaces, as a container has them: ${error?.message ?? stderr.trim()}`;
  if (ENVIRONMENT.CI) throw new Error(reason);
  context.skip(reason);
}

export interface Start {
  readonly target: string;
  readonly install: Install;
  /** Beside what the image sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** In place of the image's CMD; of many containers on one machine each has a port of its own in place of 8080. */
  readonly args?: readonly string[];
  /** In place of its ENTRYPOINT. */
  readonly entrypoint?: readonly string[];
  /** Unit: MiB. */
  readonly memoryMb: number;
}

export class Container {
  readonly #target: string;
  readonly #unshare: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #port: string;
  readonly #group: string | null;
  #output = '';

  private constructor(target: string, child: ChildProcess, port: string, group: string | null) {
    this.#target = target;
    this.#unshare = child;
    this.#port = port;
    this.#group = group;
    this.#ended = once(child, 'close');
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (bytes) => {
        this.#output += bytes;
      });
    }
  }

  static async start({ target, install, env = {}, memoryMb, ...words }: Start): Promise<Container> {
    const root = mkdtempSync(join(tmpdir(), `${target}-`));
    chmodSync(root, 0o755);
    const workdir = lastOf(target, 'WORKDIR')!;
    mkdirSync(join(root, workdir));
    layOut(target, join(root, workdir), install);
    const port = String(await freePort());
    const here = (text: string) => (text === PORT ? port : text);
    const { entrypoint = commandOf(target, 'ENTRYPOINT'), args = commandOf(target, 'CMD') } = words;
    const group = limited(memoryMb);
    const joins = group === null ? '' : `echo $$ >${group}/cgroup.procs; `;
    const command = [ENTER, root, workdir, process.execPath, ...entrypoint, ...args.map(here)];
    const child = spawn('sh', ['-c', `${joins}exec unshare "$@"`, 'sh', ...UNSHARE, ...command], {
      env: { PATH: `/opt:${ENVIRONMENT.PATH}`, ...environmentOf(target), PORT: port, ...env },
    });
    return new Container(target, child, port, group);
  }

  get output(): string {
    return this.#output;
  }

  /** Whether the kernel ends it where it takes more memory. */
  get isLimited(): boolean {
    return this.#group !== null;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Resolves with true when its HEALTHCHECK is content, with false when it has ended. */
  async isHealthy(): Promise<boolean> {
    const [, ...words] = commandOf(this.#target, 'HEALTHCHECK').map((word) => word.replace(PORT, this.#port));
    while (this.#unshare.exitCode === null) {
      const check = spawn(process.execPath, words, { stdio: 'ignore' });
      const [code] = await once(check, 'close');
      if (code === 0) return true;
      await systemClock.until(systemClock.now() + 100);
    }
    return false;
  }

  /** Most that process 1 has held. Unit: MiB. */
  get peakMb(): number {
    const status = readFileSync(`/proc/${this.#first}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  }

  /** Asks it to end, and ends it where it takes longer than Cloud Run grants. Resolves with its exit code. */
  async stop(): Promise<number | null> {
    const [first, over] = [this.#first, new AbortController()];
    process.kill(first, 'SIGTERM');
    void systemClock.until(systemClock.now() + GRACE_MS, over.signal).then(() => {
      if (!over.signal.aborted) process.kill(first, 'SIGKILL');
    });
    const code = await this.ended();
    over.abort();
    return code;
  }

  /** Its process 1, as this machine numbers it. */
  get #first(): number {
    const { pid } = this.#unshare;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
  }

  /** Exit code; null where a signal killed it. */
  async ended(): Promise<number | null> {
    await this.#ended;
    return this.#unshare.exitCode;
  }

  async kill(): Promise<void> {
    if (this.#unshare.exitCode === null && this.#unshare.signalCode === null) this.#unshare.kill('SIGKILL');
    await this.#ended;
    if (this.#group !== null) await removed(this.#group);
  }
}

/** A control group of so much memory; null where nobody here may make one. */
function limited(mb: number): string | null {
  const parent = GROUPS.find((folder) => existsSync(folder) && isWritable(folder));
  if (parent === undefined) return null;
  const group = mkdtempSync(join(parent, 'image-'));
  // Whoever runs within reads its own limit.
  chmodSync(group, 0o755);
  const limit = ['memory.limit_in_bytes', 'memory.max'].find((file) => existsSync(join(group, file)));
  if (limit === undefined) {
    rmdirSync(group);
    return null;
  }
  writeFileSync(join(group, limit), String(mb * 2 ** 20));
  return group;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Its last process may still be on its way out. */
async function removed(group: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      return rmdirSync(group);
    } catch {
      await systemClock.until(systemClock.now() + 20);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
