/** How a stack is, for others: health and metrics over HTTP, and a heartbeat while it is well. */
import { systemClock } from '../connectors/clock/system.ts';
import type { Notice } from '../connectors/log-line.ts';
import type { Close } from './close-in-order.ts';
import { startDeadMan } from './dead-man.ts';
import { isWell, serveHealth } from './health.ts';
import type { LocalStack } from './local-stack.ts';
import type { StatusAddress } from './status-server.ts';

export interface EyesOptions {
  /** Where health and metrics are served, if anywhere. */
  readonly health: StatusAddress | null;
  /** See DeadManOptions. */
  readonly deadManUrl: string | null;
  readonly notice: Notice;
}

/** @throws UpstreamError where the port is taken. */
export async function openEyes(
  stack: Pick<LocalStack, 'health' | 'metrics'>,
  { health, deadManUrl, notice }: EyesOptions,
): Promise<Close> {
  const read = () => stack.health();
  const server = health && (await serveHealth(read, health, () => stack.metrics()));
  const deadMan =
    deadManUrl === null
      ? null
      : startDeadMan({ url: deadManUrl, isWell: () => isWell(read()), clock: systemClock, notice });
  return async () => {
    await deadMan?.close();
    await server?.close();
  };
}
