import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { needGo, startPstest } from './pstest.ts';

it('starts on a port, ends when told, and starts again there', async (context) => {
  needGo(context);
  const first = await startPstest();
  expect(first.address).toBe(`127.0.0.1:${first.port}`);
  await first.stop();
  await first.stop();
  const second = await startPstest({ port: first.port, minAckDeadlineS: 1 });
  const socket = connect(second.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  await second.stop();
});

it('says why it does not start', async (context) => {
  needGo(context);
  await expect(startPstest({ failures: [{ method: 'Publish', code: 0 }] })).rejects.toThrow(
    'a code from 1 on',
  );
});
