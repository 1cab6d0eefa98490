import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolved } from '../config/resolve.ts';
import { jsonSchemaOf, schemaOf } from '../config/schema.ts';
import { layersOf } from '../config/sources.ts';
import { programOf } from '../program.ts';
import { scaffoldOf, uncovered } from './files.ts';

const MAIN = resolve(import.meta.dirname, '../main.ts');
const FILES = ['.env.example', '.gitignore', 'README.md', 'cst.json', 'cst.schema.json'];
const cst = (cwd: string, ...words: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], { cwd, encoding: 'utf8' });
  return { status, stdout, stderr };
};

describe('cst init', () => {
  const folder = mkdtempSync(join(tmpdir(), 'init-'));

  it('makes a folder that all is well in', () => {
    expect(cst(folder, 'init', 'mine')).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(join(folder, 'mine')).toSorted()).toEqual(FILES);
    expect(cst(join(folder, 'mine'), 'config', 'check')).toMatchObject({
      status: 0,
      stdout: 'All well: cst.json.\n',
    });
  });

  it('never writes over what is there', () => {
    const dir = join(folder, 'ours');
    mkdirSync(dir);
    writeFileSync(join(dir, 'cst.json'), '{"signals": {}}');
    const { status, stdout } = cst(folder, 'init', 'ours', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout).files.filter(({ isNew }: { isNew: boolean }) => !isNew)).toEqual([
      { path: 'ours/cst.json', isNew: false },
    ]);
    expect(readFileSync(join(dir, 'cst.json'), 'utf8')).toBe('{"signals": {}}');
  });

  it.each([
    ['', ['.cst/', '.env']],
    ['node_modules/\n.env.local\n', ['.cst/', '.env']],
    ['/.cst\n.env*\n', []],
    ['.cst/\r\n.env\r\n', []],
  ])('knows what a .gitignore leaves out: %j', (text, missing) => {
    expect(uncovered(text)).toEqual(missing);
  });

  it('says what a .gitignore that was there before leaves out', () => {
    writeFileSync(join(folder, '.gitignore'), 'node_modules/\n.cst/\n');
    expect(cst(folder, 'init').stdout).toContain('\nAdd to .gitignore: .env. ');
    expect(JSON.parse(cst(folder, 'init', '--json').stdout).notIgnored).toEqual(['.env']);
  });

  it('sets nothing: defaults that become better are had', () => {
    const schema = schemaOf(programOf());
    const text = scaffoldOf({}).find(({ name }) => name === 'cst.json')!.text;
    const { $schema, ...settings } = resolved(schema, [
      { origin: 'cst.json', values: JSON.parse(text) },
    ]).values;
    expect($schema).toBe('./cst.schema.json');
    expect(settings).toEqual(resolved(schema, []).values);
  });

  it('ends with 4 where the folder is a file', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(cst(folder, 'init', 'file')).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/\(code 4\)\n$/),
    });
  });

  it('shows settings and variables that there are', () => {
    const program = programOf();
    const schema = schemaOf(program);
    const texts = new Map(scaffoldOf(jsonSchemaOf(program)).map(({ name, text }) => [name, text]));
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(texts.get('README.md')!) ?? [];
    expect(() => resolved(schema, [{ origin: 'README.md', values: JSON.parse(example) }])).not.toThrow();
    const variables = [...texts.get('.env.example')!.matchAll(/^#(CST__\w+)=(.*)$/gm)].map(
      ([, name, value]) => [name, value],
    );
    expect(variables.length).toBeGreaterThan(0);
    const layers = layersOf([], Object.fromEntries(variables), schema);
    expect(resolved(schema, layers).originOf(['signals', 'risk', 'takeProfit'])).toBe(
      'CST__SIGNALS__RISK__TAKE_PROFIT',
    );
    const verbs = program.commands.map((command) => command.name());
    const named = [...texts.get('README.md')!.matchAll(/`cst ([a-z-]+)/g)].map(([, verb]) => verb);
    expect(named.filter((verb) => !verbs.includes(verb!))).toEqual([]);
  });
});
