import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runTwin, type TwinFlags } from './run-twin.ts';

const CST = resolve(import.meta.dirname, 'main.ts');
const FLAGS: TwinFlags = { host: '127.0.0.1', seed: 1, speed: 1 };
const folder = mkdtempSync(join(tmpdir(), 'twin-'));

function faults(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('cst twin', () => {
  it('says where it is, answers there, and sums up what failed', async () => {
    const path = faults('ok.json', '[{"kind": "drop", "venue": "bybit", "afterMs": 0}]');
    const child = spawn(process.execPath, [CST, 'twin', '--faults', path, '--speed', '10']);
    const out = { stdout: '', stderr: '' };
    child.stderr.on('data', (bytes) => {
      out.stderr += bytes;
    });
    const [url] = await new Promise<RegExpExecArray>((found) => {
      child.stdout.on('data', (bytes) => {
        out.stdout += bytes;
        const match = /http:\/\/[\d.:]+/.exec(out.stdout);
        if (match) found(match);
      });
    });
    expect(out.stdout).toMatch(/^bybit +ws:\/\/[\d.:]+\/v5\/public\/linear {3}REST http/);
    const { venues } = (await (await fetch(`${url}/twin`)).json()) as { venues: Record<string, unknown> };
    expect(Object.keys(venues)).toEqual(['bybit', 'kraken']);
    child.kill('SIGTERM');
    expect(await new Promise((ended) => child.on('close', ended))).toBe(0);
    expect(out.stderr).toBe('Stopping. 1 fault: drop 1.\n');
  });

  it('drains once where a terminal’s Ctrl-C reaches it and what started it under an older Node', async () => {
    const older =
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.9.0" } })';
    const start = [
      '--import',
      `data:text/javascript,${older}`,
      resolve(import.meta.dirname, 'cst.js'),
      'twin',
    ];
    const child = spawn(process.execPath, start, { detached: true });
    let stderr = '';
    child.stderr.on('data', (bytes) => {
      stderr += bytes;
    });
    await once(child.stdout, 'data');
    process.kill(-child.pid!, 'SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stderr).toBe('Stopping. Nothing was made to fail.\n');
  });

  it.each<[string, Partial<TwinFlags>, RegExp]>([
    ['faults that are not there', { faults: join(folder, 'nowhere') }, /Cannot read faults from .*ENOENT/],
    [
      'faults that are none',
      { faults: faults('bad.json', '[{"kind": "flood"}]') },
      /Expected a list of faults in .*kind/s,
    ],
  ])('refuses %s', async (_, flags, message) => {
    await expect(runTwin({ ...FLAGS, ...flags })).rejects.toThrow(message);
  });
});
