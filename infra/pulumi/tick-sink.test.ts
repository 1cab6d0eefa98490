import { describe, expect, it } from 'vitest';
import { PROJECT, PROJECT_NUMBER, stackOf } from './mocked.fixture.ts';

/** The inputs of one resource. */
async function inputsOf(type: string, name: string) {
  const stack = await stackOf({ tickHistory: true });
  return stack.find((made) => made.type === type && made.name === name)?.inputs;
}

describe('with tickHistory', () => {
  it('a timer posts every ten minutes to a function that sleeps in between', async () => {
    const job = await inputsOf('gcp:cloudscheduler/job:Job', 'tick-sink');
    const uri = `https://tick-sink-${PROJECT_NUMBER}.asia-southeast1.run.app`;
    expect(job).toMatchObject({ schedule: '*/10 * * * *', attemptDeadline: '300s' });
    expect(job?.httpTarget).toMatchObject({ httpMethod: 'POST', uri: `${uri}/` });
    const service = await inputsOf('gcp:cloudrunv2/service:Service', 'tick-sink');
    expect(service?.template.scaling).toMatchObject({ minInstanceCount: 0, maxInstanceCount: 1 });
    const [{ envs }] = service!.template.containers;
    expect(
      Object.fromEntries(envs.map(({ name, value }: { name: string; value?: string }) => [name, value])),
    ).toMatchObject({
      FUNCTION_TARGET: 'tick-sink',
      FUNCTION_SOURCE: 'functions/tick-sink/index.ts',
      GOOGLE_CLOUD_PROJECT: PROJECT,
      CST_HISTORY_DATASET: 'history',
      CST_AUDIENCE: uri,
    });
  });

  it('it pulls trades in any order, and nothing of them is moved aside', async () => {
    const subscription = await inputsOf('gcp:pubsub/subscription:Subscription', 'raw-tick-data-tick-sink');
    expect(subscription).toMatchObject({ topic: 'raw-tick-data', enableMessageOrdering: false });
    expect([subscription?.pushConfig, subscription?.deadLetterPolicy]).toEqual([undefined, undefined]);
  });

  it('it may load the table of trades, and no other', async () => {
    const stack = await stackOf({ tickHistory: true });
    const own = stack.filter(({ inputs }) => String(inputs.member).startsWith('serviceAccount:tick-sink@'));
    expect(
      own
        .map(({ inputs }) =>
          `${inputs.role} ${inputs.tableId ?? inputs.topic ?? inputs.subscription ?? ''}`.trim(),
        )
        .sort(),
    ).toEqual([
      'roles/bigquery.dataEditor ticks',
      'roles/bigquery.jobUser',
      'roles/monitoring.metricWriter',
      'roles/pubsub.publisher dead-letters',
      'roles/pubsub.subscriber raw-tick-data-tick-sink',
    ]);
  });
});

it('without it nothing of the kind is there', async () => {
  const stack = await stackOf();
  expect(stack.filter(({ name }) => name.includes('tick-sink'))).toEqual([]);
});
