import { mkdtempSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { openEmbeddedBus } from '../../connectors/bus/embedded.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { fileMessenger } from '../../connectors/messenger/file.ts';
import { openEmbeddedTasks } from '../../connectors/tasks/embedded.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { standardAttributes } from '../../schemas/pubsub-message.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { notifierHandler } from './handler.ts';
import { NOTIFIER_TOPICS } from './messages.ts';
import { Notifier } from './notifier.ts';
import { NotifierSettings } from './settings.ts';
import { runNotifier } from './subscriber.ts';
import { exitOf, position, scalp } from './told.fixture.ts';

it('listens to signals, biases and what the desk does', () => {
  expect(NOTIFIER_TOPICS.toSorted()).toEqual([
    ...['macro-bias-updates', 'position-events', 'trade-signals-macro', 'trade-signals-micro'],
  ]);
});

it('tells on the console what comes by the bus, and puts aside what it cannot read', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cst-notifier-bus-'));
  const clock = systemClock;
  const shown: string[] = [];
  const bus = await openEmbeddedBus({ dir: join(dir, 'bus'), clock });
  const letters = await bus.subscribe('dead-letters', 'test');
  const tasks = openEmbeddedTasks({ path: ':memory:', clock });
  const messenger = fileMessenger({ dir: join(dir, 'messages'), echo: (text) => shown.push(text) });
  const settings = NotifierSettings.parse({ chats: ['0'] });
  const running = await runNotifier({ path: ':memory:', bus, clock, tasks, messenger, settings });
  const publish = (topic: TopicName, id: string, json: unknown) => {
    const data = Buffer.from(JSON.stringify(json));
    return bus.publish(topic, [{ data, attributes: standardAttributes(id, 0), orderingKey: 'BTCUSDT' }]);
  };
  const signal = scalp(0);
  await publish('position-events', 'x', { no: 'event' });
  await publish('trade-signals-micro', signal.id, z.encode(ScalpSignal, signal));
  for (const event of [position(signal), exitOf(signal)]) {
    await publish('position-events', event.id, z.encode(PositionEvent, event));
  }
  await vi.waitFor(() => expect(shown.join('\n')).toContain('net +43.21'), { timeout: 10_000 });
  expect(shown[1]).toMatch(/^🟢 LONG BTCUSDT/);
  expect((await letters.pull(1))[0]?.attributes.id).toContain('notifier:position-events');
  await running.close();
  await messenger.close();
  await tasks.close();
  await bus.close();
});

it('answers a push once its message is in the outbox, and nobody but Pub/Sub', async () => {
  const clock = systemClock;
  const tasks = openEmbeddedTasks({ path: ':memory:', clock });
  const messenger = fileMessenger({ dir: mkdtempSync(join(tmpdir(), 'cst-notifier-push-')) });
  const settings = NotifierSettings.parse({ chats: ['0'] });
  const notifier = new Notifier({ path: ':memory:', clock, tasks, messenger, settings });
  const bus = { publish: () => Promise.reject(new Error('no letters expected')) };
  const authorize = ({ headers }: IncomingMessage) => headers.authorization === 'yes';
  const handler = notifierHandler({ notifier, bus, authorize });
  const event = z.encode(PositionEvent, position(scalp(0)));
  const data = Buffer.from(JSON.stringify(event)).toString('base64');
  const message = { data, messageId: '1', publishTime: '2024-03-01T12:00:00Z' };
  const body = { message, subscription: 'projects/p/subscriptions/position-events-notifier' };
  const post = async (authorization: string) => {
    const seen: number[] = [];
    const response = { writeHead: (status: number) => ({ end: () => void seen.push(status) }) };
    const request = { method: 'POST', headers: { authorization }, body };
    await handler(request as unknown as IncomingMessage, response as unknown as ServerResponse);
    return { status: seen[0], queued: notifier.counts().QUEUED };
  };
  expect(await post('no')).toEqual({ status: 401, queued: 0 });
  expect(await post('yes')).toEqual({ status: 204, queued: 1 });
  await notifier.close();
  await messenger.close();
  await tasks.close();
});
