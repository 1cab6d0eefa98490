/** What tasks may be called: the same on every twin, so that none refuses what another took. */
import { InvariantError } from '../../schemas/errors.ts';
import type { NewTask } from './port.ts';

const QUEUE = /^[A-Za-z0-9-]{1,100}$/;
const NAME = /^[A-Za-z0-9_-]{1,400}$/;
/** Cloud Tasks' limit. */
const MAX_BODY_BYTES = 100 * 1024;

/** @throws InvariantError */
export function assertTask({ queue, name, body }: NewTask): void {
  if (!QUEUE.test(queue)) throw new InvariantError(`Expected a queue that matches ${QUEUE}, got "${queue}".`);
  if (!NAME.test(name)) throw new InvariantError(`Expected a task name that matches ${NAME}, got "${name}".`);
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES) {
    throw new InvariantError(`Expected at most ${MAX_BODY_BYTES} bytes in task ${name}, got ${bytes}.`);
  }
}
