import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { ScalpSignal } from '../schemas/scalp-signal.ts';

const CST = resolve(import.meta.dirname, 'cst.js');
const folder = mkdtempSync(join(tmpdir(), 'cst-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(dir: string) {
  const child = spawn(process.execPath, [CST, 'start', '--dir', dir]);
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  return {
    child,
    lines: createInterface(child.stdout),
    ended: endOf(child).then((code) => ({ code, errors })),
  };
}

async function endOf(child: ChildProcess): Promise<number> {
  const [code] = await once(child, 'close');
  return code;
}

describe('cst start', () => {
  it('prints signals until it is told to stop, and keeps its folder to itself', {
    timeout: 60_000,
  }, async () => {
    const dir = join(folder, 'one');
    mkdirSync(join(dir, 'simulated'), { recursive: true });
    writeFileSync(join(dir, 'simulated', 'mine.txt'), 'not of the stack');
    const first = start(dir);
    const [line] = await once(first.lines, 'line');
    expect(ScalpSignal.parse(JSON.parse(line)).signal_reason).toMatch(/^(LONG|SHORT) /);

    const second = await start(dir).ended;
    expect(second.code).toBe(1);
    expect(second.errors).toMatch(/in use by another process.*own folder/);

    first.child.kill('SIGINT');
    const { code, errors } = await first.ended;
    expect(code).toBe(0);
    expect(errors).toMatch(/candles {2}1m [1-9]/);
    expect(errors).toMatch(/first candle after .* first signal after/);
    expect(existsSync(join(dir, 'simulated', 'mine.txt'))).toBe(true);
  });

  it('ends when whoever read the signals has gone', { timeout: 60_000 }, async () => {
    const { child, lines, ended } = start(join(folder, 'two'));
    await once(lines, 'line');
    child.stdout.destroy();
    const { code, errors } = await ended;
    expect([code, errors.includes('EPIPE')]).toEqual([0, false]);
    expect(errors).toMatch(/first candle after/);
  });
});
