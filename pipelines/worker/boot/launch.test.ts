import '../../../transforms/sdk.beam.ts';
import { ProvisionInfo } from 'apache-beam/proto/beam_provision_api';
import { Struct } from 'apache-beam/proto/google/protobuf/struct';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../schemas/errors.ts';
import { bootFlags } from './flags.ts';
import { launches } from './launch.ts';

const flags = bootFlags(['--id=1', '--provision_endpoint=p:1']);
const endpoints = { controlEndpoint: { url: 'c:1' }, loggingEndpoint: { url: 'l:1' } };

describe('flags', () => {
  it.each([
    ['--id', ['--provision_endpoint=p:1']],
    ['--provision_endpoint', ['--id=1']],
    ['--id', ['--id=', '--provision_endpoint=p:1']],
  ])('misses %s', (flag, argv) => {
    expect(() => bootFlags(argv)).toThrow(`Expected ${flag}=`);
  });

  it('leaves flags of other runners alone', () => {
    const more = ['--id=1', '--semi_persist_dir=/x', '--provision_endpoint=p:1', '--artifact_endpoint=a:1'];
    expect(bootFlags(more)).toEqual(flags);
  });
});

describe('launches', () => {
  it('starts one worker for itself and one for each sibling', () => {
    const pipelineOptions = Struct.fromJson({ 'beam:option:streaming:v1': true, n: 3 });
    const info = ProvisionInfo.create({
      ...endpoints,
      siblingWorkerIds: ['2', '1-3'],
      statusEndpoint: { url: 's:1' },
      runnerCapabilities: ['beam:protocol:one:v1', 'beam:protocol:two:v1'],
      pipelineOptions,
    });
    const common = [
      '--control_endpoint=c:1',
      '--logging_endpoint=l:1',
      '--provision_endpoint=p:1',
      '--runner_capabilities=beam:protocol:one:v1,beam:protocol:two:v1',
      '--status_endpoint=s:1',
      '--options={"beam:option:streaming:v1":true,"n":3}',
    ];
    expect(launches(flags, info)).toEqual([
      { id: '1', args: ['--id=1', ...common] },
      { id: '2', args: ['--id=2', ...common] },
      { id: '1-3', args: ['--id=1-3', ...common] },
    ]);
  });

  it('takes endpoints from the flags where the provision service names none', () => {
    const named = bootFlags([
      ...['--id=1', '--provision_endpoint=p:1'],
      ...['--control_endpoint=c:2', '--logging_endpoint=l:2'],
    ]);
    const [own] = launches(named, ProvisionInfo.create());
    expect(own!.args).toEqual(
      expect.arrayContaining(['--control_endpoint=c:2', '--logging_endpoint=l:2', '--options={}']),
    );
    const [provisioned] = launches(named, ProvisionInfo.create(endpoints));
    expect(provisioned!.args).toContain('--control_endpoint=c:1');
  });

  it('starts a worker named twice once', () => {
    const info = ProvisionInfo.create({ ...endpoints, siblingWorkerIds: ['1', '2', '2'] });
    expect(launches(flags, info).map(({ id }) => id)).toEqual(['1', '2']);
  });

  it.each(['control', 'logging'] as const)('refuses to start without a %s endpoint', (name) => {
    const info = ProvisionInfo.create({ ...endpoints, [`${name}Endpoint`]: { url: '' } });
    expect(() => launches(flags, info)).toThrow(`--${name}_endpoint`);
  });

  it('refuses to install anything, and says how to submit instead', () => {
    const dependencies = [
      {
        typeUrn: 'beam:artifact:type:file:v1',
        roleUrn: 'beam:artifact:type:npm:v1',
        typePayload: new Uint8Array(),
      },
    ];
    const info = ProvisionInfo.create({ ...endpoints, dependencies });
    expect(() => launches(flags, info)).toThrow(ConfigError);
    expect(() => launches(flags, info)).toThrow(
      /got 1 artifact\(s\) \(beam:artifact:type:npm:v1\)\. Submit .* without dependencies/,
    );
  });

  it('refuses options too long for a command line', () => {
    const pipelineOptions = Struct.fromJson({ long: 'x'.repeat(131_072) });
    expect(() => launches(flags, ProvisionInfo.create({ ...endpoints, pipelineOptions }))).toThrow(
      'Keep data out of the options',
    );
  });
});
