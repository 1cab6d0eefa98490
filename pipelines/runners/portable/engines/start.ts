/** Starts an engine as a process of its own and waits until its Job API answers. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../../../connectors/clock/port.ts';
import type { Environment } from '../../../../connectors/environment.ts';
import { messageOf, UpstreamError } from '../../../../schemas/errors.ts';
import { eachLine } from '../../../worker/process/lines.ts';
import { Tail } from '../tail.ts';
import { type EngineName, needEngine } from './catalog.ts';
import { commandOf, type EngineCommand } from './commands.ts';
import { whenJobApiAnswers } from './job-api.ts';

const KEEPER = join(import.meta.dirname, `keeper${extname(import.meta.filename)}`);
const DEFAULT_MEMORY_MB = 4_096;
/** A JVM on a busy machine takes its time. */
const START_MS = 120_000;

export interface StartEngine {
  readonly env: Environment;
  readonly clock: Clock;
  /** Each line that the engine logs. */
  readonly log?: ((line: string) => void) | undefined;
  /** Memory that the engine may use for itself, its workers not counted. Unit: MiB. */
  readonly memoryMb?: number | undefined;
}

export interface RunningEngine {
  /** `localhost:PORT`. */
  readonly jobEndpoint: string;
  /** Its temporary files, and those of whoever uses it: gone when it is, however this process ends. */
  readonly folder: string;
  /** Process id of what holds the engine; ends when the engine does. */
  readonly pid: number;
  /** Resolves when the process has ended; with an error where nobody had closed it. Never rejects. */
  readonly exited: Promise<UpstreamError | undefined>;
  /** Newest lines of its log, for errors that it caused. */
  readonly said: Tail;
  /** Kills it and what it wrote; resolves when it is gone. Idempotent. */
  close(): Promise<void>;
}

/**
 * It dies with this process, however that ends. Its temporary files lie in a folder of its own, which goes with it.
 * @throws ConfigError where it is not installed. @throws UpstreamError where it does not come up.
 */
export async function startEngine(name: EngineName, options: StartEngine): Promise<RunningEngine> {
  const engine = needEngine(name, options.env);
  const folder = mkdtempSync(join(tmpdir(), `cst-${name}-`));
  try {
    const limits = { memoryMb: options.memoryMb ?? DEFAULT_MEMORY_MB };
    const command = await commandOf(engine, folder, options.env, limits);
    const started = new EngineProcess(name, folder, command, options.log);
    return await whenReady(started, name, options.clock).catch((cause) => {
      const advice = `If ${engine.path} is damaged, remove it, then: cst engine install ${name}.`;
      throw new UpstreamError(`${messageOf(cause)}\n${advice}`, { cause });
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function whenReady(started: EngineProcess, name: EngineName, clock: Clock): Promise<RunningEngine> {
  const waiting = new AbortController();
  try {
    const tooLate = clock.until(clock.now() + START_MS, waiting.signal).then(() => {
      throw started.failure(`${name} did not listen within ${START_MS / 1_000} s`);
    });
    const gone = started.exited.then((error) => {
      throw error ?? new UpstreamError(`${name} was closed while it started.`);
    });
    const ready = started.announced.then((port) => whenJobApiAnswers(`localhost:${port}`, waiting.signal));
    return started.running(await Promise.race([ready, gone, tooLate]));
  } catch (error) {
    await started.close();
    throw error;
  } finally {
    waiting.abort();
  }
}

class EngineProcess {
  readonly exited: Promise<UpstreamError | undefined>;
  /** The port of its Job API, once it has said so. */
  readonly announced: Promise<number>;
  readonly #name: EngineName;
  readonly #folder: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #tail = new Tail();
  #isClosed = false;

  constructor(name: EngineName, folder: string, command: EngineCommand, log?: (line: string) => void) {
    this.#name = name;
    this.#folder = folder;
    this.#child = spawn(process.execPath, [KEEPER, folder, command.command, ...command.args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...command.env },
      // A group of its own: Ctrl-C in a terminal reaches the parent, which drains before it lets the engine go.
      detached: true,
    });
    this.#child.stdin.on('error', () => undefined);
    const announced = Promise.withResolvers<number>();
    this.announced = announced.promise;
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      eachLine(stream, (line) => {
        this.#tail.add(line);
        log?.(line);
        const port = command.announces.exec(line)?.[1];
        if (port !== undefined) announced.resolve(Number(port));
      });
    }
    this.exited = this.#whenExited();
  }

  running(jobEndpoint: string): RunningEngine {
    return {
      jobEndpoint,
      folder: this.#folder,
      pid: this.#child.pid!,
      exited: this.exited,
      said: this.#tail,
      close: () => this.close(),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#child.stdin.end();
    await this.exited;
  }

  failure(what: string): UpstreamError {
    return new UpstreamError(`${what}. ${this.#tail.told()}`);
  }

  #whenExited(): Promise<UpstreamError | undefined> {
    return new Promise((resolve) => {
      this.#child.once('error', (cause) => resolve(this.failure(`${this.#name}: ${cause.message}`)));
      this.#child.once('close', (code) =>
        resolve(
          this.#isClosed ? undefined : this.failure(`${this.#name} ended by itself (exit code ${code})`),
        ),
      );
    });
  }
}
