/** What `cst start` does: the whole stack in this process, until Ctrl-C. */
import { join } from 'node:path';
import { createLogUpdate } from 'log-update';
import { systemClock } from '../connectors/clock/system.ts';
import { SIMULATED_SYMBOLS } from '../connectors/exchanges/simulated/instruments.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { UniverseOptions } from '../schemas/universe-options.ts';
import { numberOf, symbolsOf } from './flags.ts';
import { LiveUniverse } from './live-universe.ts';
import { LocalStack, type LocalStackOptions, removeStack } from './local-stack.ts';
import { bybitSource, LIVE_SYMBOLS, type MarketSource, simulatedSource } from './market-source.ts';
import { readParams } from './params-file.ts';
import { StackView } from './stack-view.ts';
import { MAX_SPEED, type StartFlags } from './start-flags.ts';
import { duration, renderStatus } from './status.ts';
import { untilStopRequest } from './stop-request.ts';

const REFRESH_MS = 500;
/** Between lines of status where there is no terminal to redraw. */
const PLAIN_EVERY_MS = 10_000;

export async function runStart(flags: StartFlags): Promise<void> {
  const symbols = symbolsOf(flags.symbols) ?? (flags.live ? null : SIMULATED_SYMBOLS);
  const speed = numberOf(flags.speed, '--speed', 0.1, MAX_SPEED);
  const seed = numberOf(flags.seed, '--seed', 0, Number.MAX_SAFE_INTEGER);
  const stopAfterMs = flags.for === undefined ? undefined : numberOf(flags.for, '--for', 1, 1e9) * 1_000;
  const params = flags.params === undefined ? DEFAULT_PARAMS : readParams(flags.params);
  const dir = join(flags.dir, flags.live ? 'live' : 'simulated');
  await untilStopRequest(async (stopAsked) => {
    if (!flags.live) await removeStack(dir);
    const source = flags.live
      ? bybitSource()
      : await simulatedSource({ seed, speed, symbols: symbols ?? SIMULATED_SYMBOLS });
    await runStack({ source, symbols, params, dir, seed }, stopAsked);
  }, stopAfterMs);
}

interface StackOptions extends Omit<LocalStackOptions, 'notice' | 'symbols'> {
  /** Null: the first by turnover. */
  readonly symbols: readonly string[] | null;
}

async function runStack(options: StackOptions, stopAsked: Promise<void>): Promise<void> {
  const { source } = options;
  let universe: LiveUniverse | undefined;
  try {
    const screen = screenOf(process.stdout, process.stderr);
    if (options.symbols === null) universe = await universeOf(source, screen.notice);
    const symbols = options.symbols ?? universe?.symbols ?? LIVE_SYMBOLS;
    const stack = await LocalStack.open({ ...options, symbols, notice: screen.notice });
    try {
      universe?.follow((wanted, halted) => stack.follow(wanted, halted));
      await watch(stack, source, screen, stopAsked);
    } finally {
      await universe?.stop();
      await stack.stop();
    }
  } finally {
    await universe?.stop();
    await source.close();
  }
}

function universeOf({ adapter }: MarketSource, notice: (line: string) => void): Promise<LiveUniverse> {
  const rest = adapter.rest({ baseUrl: adapter.restUrl, clock: systemClock });
  const options = UniverseOptions.parse({});
  return LiveUniverse.open({ rest, options, clock: systemClock, fallback: LIVE_SYMBOLS, notice });
}

/** Runs the stack under the eyes of a person, until a signal, the time given, or a failure. */
async function watch(
  stack: LocalStack,
  source: MarketSource,
  screen: Screen,
  stopAsked: Promise<void>,
): Promise<void> {
  const view = await StackView.open({ stack, source, clock: systemClock, print: screen.print });
  screen.follow(view);
  try {
    await Promise.race([stack.run(), stopAsked]);
  } finally {
    screen.close();
    process.stderr.write('Stopping: publishing what was received …\n');
    const status = view.status();
    await view.close();
    await stack.stop();
    const since = (ms: number | null) => (ms === null ? 'none' : `after ${duration(ms)}`);
    process.stderr.write(
      `${renderStatus({ ...status, notice: null })}\nfirst candle ${since(view.firstCandleMs)} · first signal ${since(view.firstSignalMs)}\n`,
    );
  }
}

interface Screen {
  notice(line: string): void;
  /** A line of output, above the status. */
  print(line: string): void;
  follow(view: StackView): void;
  close(): void;
}

/** Redraws on a terminal; elsewhere notices come as lines, and the status as a block now and then. */
function screenOf(output: NodeJS.WriteStream, stream: NodeJS.WriteStream): Screen {
  const redraw = stream.isTTY ? createLogUpdate(stream) : undefined;
  let view: StackView | undefined;
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    if (view) (redraw ?? ((text: string) => stream.write(`${text}\n`)))(renderStatus(view.status()));
  };
  return {
    notice(line) {
      if (redraw && view) view.notice(line);
      else stream.write(`${line}\n`);
    },
    print(line) {
      redraw?.clear();
      output.write(`${line}\n`);
      if (redraw) draw();
    },
    follow(followed) {
      view = followed;
      timer = setInterval(draw, redraw ? REFRESH_MS : PLAIN_EVERY_MS);
    },
    close() {
      clearInterval(timer);
      view = undefined;
      redraw?.clear();
      redraw?.done();
    },
  };
}
