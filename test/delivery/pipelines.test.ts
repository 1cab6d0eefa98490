import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { IMAGES } from '../../infra/images/images.ts';
import { ROOT } from '../images/recipe.ts';

const STAGES = ['test', 'build', 'scan', 'preview', 'deploy'];
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Job {
  readonly needs?: string;
  readonly uses?: string;
  readonly permissions?: object;
  readonly environment?: string;
  readonly if?: string;
}
const jobsOf = (path: string): Record<string, Job> => parse(read(`.github/workflows/${path}`)).jobs;

const PIPELINES = [
  'cloudbuild.yaml',
  ...globSync(['.github/workflows/*.yml', '.github/actions/*/action.yml'], { cwd: ROOT }),
];
const cloudBuild: { steps: { id: string; args: string[] }[]; images: string[] } = parse(
  read('cloudbuild.yaml'),
);

describe('from a commit to a stack', () => {
  it('Cloud Build and GitHub go through the same stages, one after the other', () => {
    const steps = cloudBuild.steps.map(({ id }) => id).filter((id) => STAGES.includes(id));
    expect(steps).toEqual(STAGES);
    const { test, ...stacks } = jobsOf('deliver.yml');
    expect(test!.uses).toBe('./.github/workflows/ci.yml');
    expect(stacks).toMatchObject({ dev: { needs: 'test' }, prod: { needs: 'dev' } });
    const stage = Object.entries(jobsOf('stage.yml'));
    expect(['test', ...stage.map(([name]) => name)]).toEqual(STAGES);
    expect(stage.map(([, { needs }]) => needs)).toEqual([undefined, ...STAGES.slice(1, -1)]);
  });

  it('a pull request changes no stack, and prod waits for approval', () => {
    expect(jobsOf('stage.yml').deploy).toMatchObject({
      environment: expect.stringContaining('inputs.stage'),
      if: "github.event_name == 'push'",
    });
    expect(jobsOf('deliver.yml').prod!.if).toBe("github.event_name == 'push'");
    expect(cloudBuild.steps.at(-1)!.args.join(' ')).toMatch(/if \[ "\$_DEPLOY" = true \]; then/);
  });

  it('each image is signed for where it was built', () => {
    const where = '$_REGION-docker.pkg.dev/$PROJECT_ID/cst';
    expect(cloudBuild.images).toEqual(Object.keys(IMAGES).map((name) => `${where}/${name}:$COMMIT_SHA`));
  });

  it('both install the Pulumi that the stack is written for', () => {
    const { dependencies } = JSON.parse(read('infra/pulumi/package.json'));
    const versions = [
      ...[...read('.github/workflows/stage.yml').matchAll(/pulumi-version: (.*)/g)].map(
        ([, version]) => version,
      ),
      /pulumi-nodejs:(\S+)/.exec(read('infra/delivery/Dockerfile'))?.[1],
    ];
    expect(new Set(versions)).toEqual(new Set([dependencies['@pulumi/pulumi']]));
  });

  it('tests run on the Node that is pinned', () => {
    expect(read('infra/delivery/Dockerfile')).toContain(`FROM node:${read('.nvmrc').trim()}\n`);
  });
});

describe.each(PIPELINES)('%s', (path) => {
  const text = read(path);

  it('holds no key', () => {
    expect(text).not.toMatch(/credentials_json|secrets\.|PRIVATE KEY/);
  });

  it('names actions by commit, and says their version', () => {
    const actions = [...text.matchAll(/uses: (\S+)(.*)$/gm)].filter(([, name]) => !name!.startsWith('./'));
    const loose = actions.filter(
      ([, name, comment]) => !/@[0-9a-f]{40}$/.test(name!) || !/^ # v\d+\.\d+\.\d+$/.test(comment!),
    );
    expect(loose.map(([line]) => line)).toEqual([]);
  });

  it('runs scripts and files that exist', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const called = [...text.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name]) => name!);
    expect(called.filter((name) => !(name in scripts))).toEqual([]);
    const files = [...text.matchAll(/(?:\.\/)?((?:infra|\.ci|\.github)\/[\w./-]*\w)/g)].map(
      ([, file]) => file!,
    );
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});
