import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ENVIRONMENT } from '../engines/needs.ts';
import { ROOT } from '../images/recipe.ts';

/** Runs a script with programs that only write down how they were called, and do as their script says. */
function run(script: string, args: readonly string[], programs: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'programs-'));
  const calls = join(folder, 'calls');
  writeFileSync(calls, '');
  for (const [name, does] of Object.entries(programs)) {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>'${calls}'\n${does}\n`);
    chmodSync(path, 0o755);
  }
  const env = { ...ENVIRONMENT, PATH: `${folder}:${ENVIRONMENT.PATH}` };
  const words = [join(ROOT, 'infra/delivery', script), ...args];
  const { status, stdout, stderr } = spawnSync('sh', words, { encoding: 'utf8', env });
  return { status, stdout, stderr, calls: readFileSync(calls, 'utf8').trim().split('\n') };
}

describe('stack.sh', () => {
  const programs = { npm: '', pulumi: '' };

  it.each([
    ['preview', 'pulumi preview --diff'],
    ['up', 'pulumi up --yes --skip-preview'],
  ])('%s: of that stack, with the images of that tag', (verb, last) => {
    const { status, calls } = run('stack.sh', [verb, 'dev', 'abc'], programs);
    const before = ['npm ci --no-audit', 'pulumi stack select dev', 'pulumi config set cst:imageTag abc'];
    expect([status, calls]).toEqual([0, [...before, last]]);
  });

  it('keeps the images that run where no tag is given', () => {
    const { calls } = run('stack.sh', ['up', 'dev'], {
      ...programs,
      pulumi: 'test "$2" != output || echo abc',
    });
    expect(calls.slice(2, 4)).toEqual(['pulumi stack output imageTag', 'pulumi config set cst:imageTag abc']);
  });

  it('changes nothing where a step fails', () => {
    const { status, calls } = run('stack.sh', ['up', 'prod', 'abc'], {
      ...programs,
      pulumi: 'test "$1" != config',
    });
    expect(status).toBe(1);
    expect(calls.at(-1)).toBe('pulumi config set cst:imageTag abc');
  });

  it('says which verbs there are, before it has changed anything', () => {
    const { status, stderr, calls } = run('stack.sh', ['destroy', 'dev', 'abc'], programs);
    expect([status, stderr, calls]).toEqual([4, 'Error: Expected preview or up, got destroy.\n', ['']]);
  });
});

it.each(['stack.sh', 'rollback.sh', 'bootstrap.sh'])(
  '%s says what it expects, and does nothing',
  (script) => {
    for (const args of [[], ['']]) {
      const { status, stderr, calls } = run(script, args, { npm: '', pulumi: '', gcloud: '' });
      expect([status === 0, stderr.includes('expected '), calls]).toEqual([false, true, ['']]);
    }
  },
);

describe('rollback.sh', () => {
  it('sends all traffic to the revision before the newest', () => {
    const { status, calls } = run('rollback.sh', ['trade-desk', 'europe-west1'], {
      gcloud: 'test "$2" != revisions || printf "trade-desk-9\\ntrade-desk-8\\n"',
    });
    expect(status).toBe(0);
    expect(calls.at(-1)).toBe(
      'gcloud run services update-traffic trade-desk --region europe-west1 --to-revisions trade-desk-8=100',
    );
  });

  it('says where there is none', () => {
    const { status, stderr, calls } = run('rollback.sh', ['trade-desk', 'europe-west1'], {
      gcloud: 'echo trade-desk-1',
    });
    expect([status, calls.length]).toEqual([2, 1]);
    expect(stderr).toMatch(/^Error: Expected a revision of trade-desk/);
  });
});

describe('bootstrap.sh', () => {
  const made = (calls: readonly string[]) => calls.filter((call) => / create(-oidc)? /.test(call)).length;
  const bootstrap = (gcloud: string, ...more: string[]) =>
    run('bootstrap.sh', ['my-project', 'europe-west1', ...more], { gcloud });

  it('makes what is not there: bucket, key ring, key and account', () => {
    const { status, calls, stdout } = bootstrap('case "$*" in *describe*) exit 1 ;; esac');
    expect([status, made(calls)]).toEqual([0, 4]);
    expect(stdout).toBe(
      'deployer: deployer@my-project.iam.gserviceaccount.com\n' +
        'state: gs://my-project-pulumi\n' +
        'secrets: gcpkms://projects/my-project/locations/europe-west1/keyRings/pulumi/cryptoKeys/state\n',
    );
  });

  it('leaves what is there, so that it can be run again', () => {
    const { status, calls } = bootstrap('');
    expect([status, made(calls)]).toEqual([0, 0]);
  });

  it.each(["x' || true", 'a b', '$(id)'])(
    'takes %j for no repository that may act as the account',
    (name) => {
      const { status, stderr, calls } = bootstrap('', name);
      expect([status, stderr, calls]).toEqual([4, `Error: Expected OWNER/REPOSITORY, got ${name}.\n`, ['']]);
    },
  );

  const roles = bootstrap('').calls.flatMap((call) => /--role (\S+)/.exec(call)?.[1] ?? []);

  it('lets Cloud Build write the log of what runs as the account', () => {
    const { options, serviceAccount } = parse(readFileSync(join(ROOT, 'cloudbuild.yaml'), 'utf8'));
    expect([options.logging, serviceAccount]).toEqual([
      'CLOUD_LOGGING_ONLY',
      expect.stringContaining('/deployer@'),
    ]);
    expect(roles).toContain('roles/logging.logWriter');
  });

  it('gives no role of the whole project', () => {
    expect(roles.length).toBeGreaterThan(10);
    expect(roles.filter((role) => /^roles\/(owner|editor|viewer)$/.test(role))).toEqual([]);
  });

  it('lets the workflows of that repository alone act as the account, without a key', () => {
    const gcloud = 'case "$*" in *"projects describe"*) echo 123 ;; *describe*) exit 1 ;; esac';
    const { status, calls, stdout } = bootstrap(gcloud, 'me/mine');
    expect([status, made(calls)]).toEqual([0, 6]);
    const pool = 'projects/123/locations/global/workloadIdentityPools/github';
    expect(calls.join('\n')).toContain("--attribute-condition assertion.repository == 'me/mine'");
    expect(calls.at(-1)).toContain(
      `--member principalSet://iam.googleapis.com/${pool}/attribute.repository/me/mine`,
    );
    expect(stdout).toContain(`identity: ${pool}/providers/github\n`);
    expect(calls.filter((call) => call.includes('keys create') && !call.includes('kms'))).toEqual([]);
  });
});
