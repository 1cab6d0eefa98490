/** The terminal of a running stack: alerts as lines on stdout, a status redrawn below them on stderr. */
import { stripVTControlCharacters, styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import { type AlertLine, INDENT } from './alert-lines.ts';
import { wrap } from './wrap.ts';

const REFRESH_MS = 500;
/** Between blocks of status where there is no terminal to redraw. */
const PLAIN_EVERY_MS = 10_000;
/** Below the names of its lines. */
const STATUS_INDENT = ' '.repeat(9);
const COLOURS = { good: 'green', bad: 'red', plain: 'reset' } as const;

export interface Screen {
  notice(line: string): void;
  /** A line of output, above the status. */
  print(line: string): void;
  alert(line: AlertLine): void;
  /** Shows what it gives, again and again. */
  follow(view: { notice(line: string): void; text(): string }): void;
  /** Below what was shown last, and nothing is redrawn any more. */
  end(text: string): void;
}

/** Redraws on a terminal; elsewhere notices come as lines, and the status as a block now and then. */
export function screenOf(output: NodeJS.WriteStream, stream: NodeJS.WriteStream): Screen {
  const redraw = stream.isTTY ? createLogUpdate(stream) : undefined;
  let view: Parameters<Screen['follow']>[0] | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** Since the last block of status: what is tried again and again is told once in it. */
  const told = new Set<string>();
  const draw = () => {
    told.clear();
    if (!view) return;
    if (redraw) redraw(fitting(view.text(), widthOf(stream)));
    else stream.write(`${view.text()}\n`);
  };
  const print = (line: string) => {
    redraw?.clear();
    output.write(`${line}\n`);
    if (redraw) draw();
  };
  return {
    print,
    notice(line) {
      if (redraw && view) view.notice(line);
      else if (!told.has(line)) stream.write(`${redraw ? fitting(line, widthOf(stream)) : line}\n`);
      told.add(line);
    },
    alert({ tone, text }) {
      const line = output.isTTY ? wrap(text, widthOf(output), INDENT).join('\n') : text;
      // Without colour where NO_COLOR is set, or the output is no terminal.
      print(tone === 'plain' ? line : styleText(COLOURS[tone], line, { stream: output }));
    },
    follow(followed) {
      view = followed;
      timer = setInterval(draw, redraw ? REFRESH_MS : PLAIN_EVERY_MS);
    },
    end(text) {
      clearInterval(timer);
      if (view) redraw?.clear();
      view = undefined;
      redraw?.done();
      stream.write(`${redraw ? fitting(text, widthOf(stream)) : text}\n`);
    },
  };
}

/** Of what is redrawn: words of others may hold what moves the cursor. */
function fitting(text: string, columns: number): string {
  const lines = stripVTControlCharacters(text).split('\n');
  return lines.flatMap((line) => wrap(line, columns, STATUS_INDENT)).join('\n');
}

/** Some terminals do not say, or say 0. */
function widthOf({ columns }: NodeJS.WriteStream): number {
  return columns || 80;
}
