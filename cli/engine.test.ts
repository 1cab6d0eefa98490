import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const CST = resolve(import.meta.dirname, 'cst.js');
const home = mkdtempSync(join(tmpdir(), 'cli-engines-'));

/** Without the tools that install engines, and with nothing installed. */
function cst(...words: string[]) {
  const env = { PATH: '/nowhere', CST_ENGINES: home };
  const { status, stdout, stderr } = spawnSync(process.execPath, [CST, ...words], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

describe('cst engine', () => {
  it('teaches when asked for help, or for nothing', () => {
    const help = cst('engine', '--help');
    expect(help).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/Examples:\n {2}cst engine install/),
    });
    expect(cst('engine').status).toBe(0);
  });

  it('lists what is not installed, and how to', () => {
    const { status, stdout } = cst('engine', 'list');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^prism +2\.77\.0 +not installed: cst engine install prism → .*\nflink /);
    expect(JSON.parse(cst('engine', 'list', '--json').stdout)).toMatchObject({
      engines: [
        { name: 'prism', path: null },
        { name: 'flink', path: null },
      ],
    });
  });

  it.each([
    [['install', 'prsm'], 4, /Expected an engine of prism, flink, got "prsm"\. Did you mean "prism"\?/],
    [['instal'], 4, /unknown command 'instal'\n\(Did you mean install\?\)/],
    [['install', 'prism'], 4, /Expected go on the PATH, found none\. Install Go 1\.26/],
  ] as const)('says of %j what is wrong', (words, code, message) => {
    const { status, stderr } = cst('engine', ...words);
    expect([status, stderr]).toEqual([code, expect.stringMatching(message)]);
  });
});
