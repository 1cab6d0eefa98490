import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../test/engines/needs.ts';
import {
  type Build,
  buildAndPush,
  buildSteps,
  DOCKERFILE,
  foreignImages,
  IMAGES,
  pinned,
  scanSteps,
  shellLine,
} from './images.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const dockerfile = readFileSync(join(ROOT, DOCKERFILE), 'utf8');
const REVISION = '0123456789abcdef0123456789abcdef01234567';
const BUILD: Build = {
  images: ['relay'],
  repository: 'europe-west1-docker.pkg.dev/my-project/cst',
  revision: REVISION,
  version: '0.1.0',
};

describe('commands', () => {
  it('build a target, labelled with the revision it was built of', () => {
    const [step] = buildSteps(BUILD);
    expect(step!.run).toEqual([
      ...[
        'docker',
        'build',
        '--file',
        'infra/images/Dockerfile',
        '--target',
        'relay',
        '--platform',
        'linux/amd64',
      ],
      ...['--label', 'org.opencontainers.image.title=crypto-signal-tracker relay'],
      ...['--label', `org.opencontainers.image.description=${IMAGES.relay}`],
      ...['--label', 'org.opencontainers.image.licenses=Apache-2.0'],
      ...['--label', 'org.opencontainers.image.version=0.1.0'],
      ...['--label', `org.opencontainers.image.revision=${REVISION}`],
      ...[
        '--tag',
        'europe-west1-docker.pkg.dev/my-project/cst/relay:0123456789abcdef0123456789abcdef01234567',
        '.',
      ],
    ]);
  });

  it('push and scan what was built', () => {
    const name = 'europe-west1-docker.pkg.dev/my-project/cst/relay:0123456789abcdef0123456789abcdef01234567';
    expect(buildAndPush(BUILD).at(-1)).toEqual({ run: ['docker', 'push', name] });
    expect(scanSteps(BUILD)).toEqual([{ run: ['sh', 'infra/images/scan.sh', name] }]);
  });

  it('build no revision twice that was pushed, as its tag is kept', () => {
    const [step] = buildAndPush(BUILD);
    expect(step!.unless).toEqual(['docker', 'pull', step!.run.at(-2)]);
    expect(shellLine(step!)).toMatch(/^docker pull \S+ \|\| docker build /);
  });

  it('are read by a shell as they are meant', () => {
    const words = ['plain', 'two words', "it's", '$HOME `id` "x"', 'a=b'];
    const { stdout } = spawnSync('sh', ['-c', `printf '%s|' ${shellLine({ run: words })}`], {
      encoding: 'utf8',
    });
    expect(stdout).toBe(`${words.join('|')}|`);
  });
});

describe('the Dockerfile', () => {
  it('has a target for every image', () => {
    const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name);
    expect(stages).toEqual(expect.arrayContaining(Object.keys(IMAGES)));
  });

  it('is held to the digests of foreign images, again and again', () => {
    const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
    const text =
      'FROM node:24-slim AS os\nFROM os AS npm\nFROM scratch AS core\nFROM gcr.io/a/b AS launcher\n';
    expect(foreignImages(text)).toEqual(['node:24-slim', 'gcr.io/a/b']);
    const once = pinned(text, new Map([['node:24-slim', digest('a')]]));
    expect(once).toBe(text.replace('node:24-slim', `node:24-slim@${digest('a')}`));
    expect(foreignImages(once)).toEqual(foreignImages(text));
    const twice = pinned(once, new Map([['node:24-slim', digest('b')]]));
    expect(twice).toBe(once.replace(digest('a'), digest('b')));
  });
});

describe('npm run build:images', () => {
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'infra/images/main.ts'), ...words], {
      encoding: 'utf8',
      // No engine, wherever the test runs.
      env: { ...ENVIRONMENT, DOCKER_HOST: 'tcp://127.0.0.1:1' },
    });

  it('prints what it would do', () => {
    const where = ['--repository', BUILD.repository!, '--revision', REVISION];
    const { status, stdout } = run('relay', ...where, '--push', '--dry-run');
    expect([status, stdout]).toEqual([0, `${buildAndPush(BUILD).map(shellLine).join('\n')}\n`]);
  });

  it.each([
    [['--revision', REVISION], 1, /^Error: Expected a Docker engine.*--dry-run/],
    [['--push'], 4, /^Error: Expected --repository with --push/],
    [['other'], 4, /^Error: .*Allowed choices are relay, functions, node, worker, launcher/],
  ])('says what it needs: %j', (words, code, complaint) => {
    const { status, stderr } = run(...words);
    expect(stderr).toMatch(complaint);
    expect(status).toBe(code);
  });
});

describe('scan.sh', () => {
  const scan = (found: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'gcloud-'));
    const gcloud = join(folder, 'gcloud');
    writeFileSync(
      gcloud,
      `#!/bin/sh\ncase "$4" in scan) echo scans/1 ;; *) printf '%s\\n' "${found}" ;; esac\n`,
    );
    chmodSync(gcloud, 0o755);
    const env = { ...ENVIRONMENT, PATH: `${folder}:${ENVIRONMENT.PATH}` };
    return spawnSync('sh', [join(ROOT, 'infra/images/scan.sh'), 'relay:1'], { encoding: 'utf8', env }).status;
  };

  it.each([
    ['nothing', '', 0],
    ['what is high', 'HIGH True CVE-1', 0],
    ['what is critical and has no remedy', 'CRITICAL False CVE-1', 0],
    ['what is critical and has one', 'HIGH True CVE-1\nCRITICAL True CVE-2', 1],
  ])('judges %s', (_, found, code) => {
    expect(scan(found)).toBe(code);
  });
});
