import { describe, expect, it } from 'vitest';
import { bigQuerySubscription } from '../../schemas/bigquery-subscriptions.ts';
import { SUBSCRIPTIONS } from '../../schemas/subscriptions.ts';
import { TOPIC_NAMES, TOPICS } from '../../schemas/topics.ts';
import { type Made, PROJECT, PROJECT_NUMBER, STACKS, type Stacked, stackOfTier } from './mocked.fixture.ts';
import { UNREAD } from './topics.ts';

const TOPIC = 'gcp:pubsub/topic:Topic';
const SUBSCRIPTION = 'gcp:pubsub/subscription:Subscription';
const of = (stack: Stacked, type: string) => stack.filter((made) => made.type === type);
const names = (made: readonly Made[]) => made.map(({ inputs }) => inputs.name).sort();
const subscription = async (name: string) => {
  const stack = await stackOfTier({ tier: 'single-node', stage: 'prod' });
  return of(stack, SUBSCRIPTION).find(({ inputs }) => inputs.name === name)!;
};

/** Why a message that it refuses may come again for ever; see schemas/subscriptions.ts. */
const NEVER_PUT_ASIDE: Readonly<Record<string, string>> = {
  'raw-tick-data': 'the graph has dead letters of its own, and a crash of it must not cost a message',
  'book-snapshots': 'the same',
  undelivered: 'for people: it is where the others put aside',
  ...Object.fromEntries(
    SUBSCRIPTIONS.filter(({ id }) => id.endsWith('-bigtable')).map(({ id }) => [
      id,
      'the sink has dead letters of its own, and an outage of Bigtable must not cost a message',
    ]),
  ),
};

describe.each(STACKS)('the topics of $tier in $stage', (stack) => {
  it('are those of the schemas, and the one for what nobody took', async () => {
    expect(names(of(await stackOfTier(stack), TOPIC))).toEqual([...TOPIC_NAMES, 'undelivered'].sort());
  });

  it('have a schema each that is JSON', async () => {
    const json = TOPIC_NAMES.filter((topic) => TOPICS[topic].encoding === 'json');
    expect(names(of(await stackOfTier(stack), 'gcp:pubsub/schema:Schema'))).toEqual(json.sort());
  });

  it('have every subscription of the schemas once, but those that a cloud has no reader for', async () => {
    const all = SUBSCRIPTIONS.map(({ id }) => id).filter((id) => !(id in UNREAD));
    expect(names(of(await stackOfTier(stack), SUBSCRIPTION))).toEqual([...all, 'undelivered'].sort());
    for (const id of Object.keys(UNREAD)) expect(SUBSCRIPTIONS.map((each) => each.id)).toContain(id);
  });

  it('lose nothing that a reader refuses: it goes to `undelivered`, or there is a reason', async () => {
    const made = of(await stackOfTier(stack), SUBSCRIPTION);
    const without = made.filter(({ inputs }) => inputs.deadLetterPolicy === undefined);
    expect(names(without)).toEqual(Object.keys(NEVER_PUT_ASIDE).sort());
    const target = { deadLetterTopic: `projects/${PROJECT}/topics/undelivered`, maxDeliveryAttempts: 10 };
    for (const each of made.filter((one) => !without.includes(one))) {
      expect(each.inputs.deadLetterPolicy).toEqual(target);
    }
  });

  it('never expire with their subscriptions', async () => {
    const made = of(await stackOfTier(stack), SUBSCRIPTION);
    expect(made.filter(({ inputs }) => inputs.expirationPolicy?.ttl !== '')).toEqual([]);
  });
});

describe('a subscription', () => {
  it('of a service pushes to it, signed for its address', async () => {
    const url = `https://trade-desk-${PROJECT_NUMBER}.asia-southeast1.run.app`;
    expect((await subscription('trade-signals-micro-trade-desk')).inputs).toEqual({
      name: 'trade-signals-micro-trade-desk',
      topic: 'trade-signals-micro',
      ackDeadlineSeconds: 30,
      messageRetentionDuration: '604800s',
      enableMessageOrdering: true,
      expirationPolicy: { ttl: '' },
      retryPolicy: { minimumBackoff: '1s', maximumBackoff: '60s' },
      deadLetterPolicy: {
        deadLetterTopic: 'projects/test-project/topics/undelivered',
        maxDeliveryAttempts: 10,
      },
      pushConfig: {
        pushEndpoint: url,
        oidcToken: {
          serviceAccountEmail: 'call-push@test-project.iam.gserviceaccount.com',
          audience: url,
        },
      },
    });
  });

  it('of the graph is pulled, in any order', async () => {
    const { inputs } = await subscription('raw-tick-data');
    expect(inputs.pushConfig).toBeUndefined();
    expect([inputs.enableMessageOrdering, inputs.retryPolicy]).toEqual([false, undefined]);
  });

  it('of history writes its table, once the table and the right to write it are there', async () => {
    const { inputs, after } = await subscription('market-candles-bigquery');
    expect(inputs.bigqueryConfig).toEqual({
      table: 'test-project.history.candles',
      useTableSchema: true,
      dropUnknownFields: true,
      writeMetadata: false,
    });
    expect(after).toEqual(expect.arrayContaining(['candles', 'candles-by-pubsub']));
  });

  it('of history is there for each topic that Pub/Sub can write', async () => {
    const stack = await stackOfTier({ tier: 'dataflow', stage: 'prod' });
    const written = of(stack, SUBSCRIPTION).filter(({ inputs }) => inputs.bigqueryConfig);
    expect(written.map(({ name }) => name)).toEqual(
      TOPIC_NAMES.flatMap((topic) => bigQuerySubscription(topic)?.id ?? []).sort(),
    );
  });
});
