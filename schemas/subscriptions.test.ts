import { expect, it } from 'vitest';
import { GRAPH_INPUTS, SUBSCRIPTIONS, subscriptionSettings } from './subscriptions.ts';
import { TOPIC_NAMES } from './topics.ts';

it('names the graph’s subscriptions like their topics, and all differently', () => {
  const graph = SUBSCRIPTIONS.filter(({ id, topic }) => id === topic);
  expect(graph.map(({ id }) => id)).toEqual(['raw-tick-data', 'book-snapshots']);
  expect(GRAPH_INPUTS).toEqual(['raw-tick-data', 'book-snapshots']);
  expect(new Set(SUBSCRIPTIONS.map(({ id }) => id)).size).toBe(SUBSCRIPTIONS.length);
  for (const { id } of SUBSCRIPTIONS) expect(id).toMatch(/^(?!goog)[a-z][a-z0-9-]{2,254}$/);
  expect(new Set(SUBSCRIPTIONS.map(({ topic }) => topic))).toEqual(new Set(TOPIC_NAMES));
});

it('lets the graph hold messages in any order, however often it crashed', () => {
  expect(subscriptionSettings('raw-tick-data', 'graph')).toEqual({
    id: 'raw-tick-data',
    topic: 'raw-tick-data',
    isOrdered: false,
    ackDeadlineS: 30,
    retentionS: 604_800,
    retry: null,
    deadLetter: null,
  });
});

it('lets state take messages in any order, however long its store is away', () => {
  expect(subscriptionSettings('book-snapshots', 'Bigtable')).toMatchObject({
    id: 'book-snapshots-bigtable',
    isOrdered: false,
    retry: { minS: 1, maxS: 60 },
    deadLetter: null,
  });
});

it('gives everyone else order where there is a key, and a way out of poison', () => {
  expect(subscriptionSettings('trade-signals-micro', 'trade desk')).toMatchObject({
    id: 'trade-signals-micro-trade-desk',
    isOrdered: true,
    deadLetter: { topic: 'undelivered', maxAttempts: 10 },
  });
  expect(subscriptionSettings('dead-letters', 'BigQuery').isOrdered).toBe(false);
});
