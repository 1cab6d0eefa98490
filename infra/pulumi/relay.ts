/** A pair of relays for each exchange: both read it, one publishes, the other takes over within seconds. */
import { ComponentResource } from '@pulumi/pulumi';
import { CloudRunService, type Platform } from './cloud-run.ts';
import { imageOf } from './images.ts';
import type { Service } from './service.ts';

/** Two services of other names with the same lease, which says who publishes: a new version replaces one after the other. */
class RelayPair extends ComponentResource {
  constructor(image: string, relay: Service, platform: Platform) {
    super('cst:RelayPair', relay.name, {}, platform.stack.options);
    const first = new CloudRunService(`${relay.name}-a`, image, relay, platform, this);
    const afterIt = { ...platform, rights: [...platform.rights, first] };
    new CloudRunService(`${relay.name}-b`, image, relay, afterIt, this);
    this.registerOutputs();
  }
}

export function makeRelays(platform: Platform): void {
  const image = imageOf('relay', platform.stack.config);
  if (image === null) return;
  for (const relay of platform.stack.services.filter(({ isPair }) => isPair)) {
    new RelayPair(image, relay, platform);
  }
}
