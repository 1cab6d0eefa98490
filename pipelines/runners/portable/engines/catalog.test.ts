import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../schemas/errors.ts';
import { ENGINES, enginesFolder, findEngine, flinkPomVersion, needEngine } from './catalog.ts';
import { javaVersionOf } from './tools.ts';

const home = mkdtempSync(join(tmpdir(), 'engines-'));

describe('findEngine', () => {
  it('looks where the environment says, else in the cache of the user', () => {
    expect(enginesFolder({ CST_ENGINES: '/e', HOME: '/home/a' })).toBe('/e');
    expect(enginesFolder({ XDG_CACHE_HOME: '/c', HOME: '/home/a' })).toBe('/c/crypto-signal-tracker/engines');
    expect(enginesFolder({ HOME: '/home/a' })).toBe('/home/a/.cache/crypto-signal-tracker/engines');
  });

  it('finds the pinned version and no other', () => {
    const env = { CST_ENGINES: home };
    for (const version of ['0.0.1', ENGINES.prism.version]) {
      expect(findEngine('prism', env)).toBeUndefined();
      mkdirSync(join(home, `prism-${version}`));
      writeFileSync(join(home, `prism-${version}`, 'prism'), '');
    }
    expect(findEngine('prism', env)?.path).toBe(join(home, `prism-${ENGINES.prism.version}`, 'prism'));
  });

  it('takes no folder of jars without the job server for Flink', () => {
    const lib = mkdtempSync(join(home, 'lib-'));
    expect(() => findEngine('flink', { CST_FLINK_LIB: lib })).toThrow(/Expected CST_FLINK_LIB to name/);
    writeFileSync(join(lib, 'beam-runners-flink-1.19-2.62.0.jar'), '');
    expect(findEngine('flink', { CST_FLINK_LIB: lib })?.path).toBe(lib);
  });

  it('says how to install what is missing', () => {
    expect(() => needEngine('flink', { CST_ENGINES: home })).toThrow(ConfigError);
    expect(() => needEngine('flink', { CST_ENGINES: home })).toThrow(/cst engine install flink/);
  });
});

it('names the version of Flink that the pom names', () => {
  expect(flinkPomVersion()).toBe(ENGINES.flink.version);
});

it.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_292"', 8],
  ['openjdk version "21" 2023-09-19 LTS', 21],
  ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "11.0.2"', 11],
  ['nothing', Number.NaN],
])('reads the version in %s', (text, version) => {
  expect(javaVersionOf(text)).toBe(version);
});
