import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DOCKERFILE, IMAGES } from '../../infra/images/images.ts';
import { needGo, wantsGo } from '../go-server.ts';
import { commandOf, environmentOf, lastOf, ROOT } from './recipe.ts';

const TARGETS = Object.keys(IMAGES);

interface Image {
  readonly User?: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir: string;
  readonly Healthcheck?: { readonly Test: readonly string[] };
  readonly ExposedPorts?: object;
}

/** What `docker build` would make of a recipe, by BuildKit's own code. */
function converted(path: string, targets: readonly string[]) {
  const words = ['run', '.', join(ROOT, path), ...targets];
  const options = { cwd: join(import.meta.dirname, 'buildkit'), encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync('go', words, options);
  expect(status, stderr).toBe(0);
  const { images, warnings }: { images: Record<string, Image>; warnings: string[] } = JSON.parse(stdout);
  return { images, warnings };
}

describe('BuildKit', () => {
  let images: Record<string, Image>;
  let warnings: string[];
  beforeAll(() => {
    if (wantsGo()) ({ images, warnings } = converted(DOCKERFILE, TARGETS));
  }, 600_000);

  it('takes the recipe of the images without a warning', (test) => {
    needGo(test);
    expect(Object.keys(images).sort()).toEqual(TARGETS.toSorted());
    expect(warnings).toEqual([]);
  });

  it('takes the recipe of what pipelines run in', (test) => {
    needGo(test);
    expect(converted('infra/delivery/Dockerfile', ['']).warnings).toEqual([]);
  });

  it.for(TARGETS)('reads %s as the other tests do', (target, test) => {
    needGo(test);
    const { User, Env, Entrypoint, Cmd = [], WorkingDir, Healthcheck, ExposedPorts = {} } = images[target]!;
    const check = commandOf(target, 'HEALTHCHECK');
    const port = lastOf(target, 'EXPOSE');
    expect({
      User,
      WorkingDir,
      Entrypoint,
      Cmd,
      Env: Env.filter((each) => !each.startsWith('PATH=')),
      check: Healthcheck?.Test ?? [],
      ports: Object.keys(ExposedPorts),
    }).toEqual({
      User: lastOf(target, 'USER'),
      WorkingDir: lastOf(target, 'WORKDIR'),
      Entrypoint: commandOf(target, 'ENTRYPOINT'),
      Cmd: commandOf(target, 'CMD'),
      Env: Object.entries(environmentOf(target)).map(([name, value]) => `${name}=${value}`),
      check: check.length > 0 ? ['CMD', ...check] : [],
      ports: port === undefined ? [] : [`${port}/tcp`],
    });
  });
});
