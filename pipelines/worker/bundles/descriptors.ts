/** Stages by id: asked of the runner once each. */
import type { ProcessBundleDescriptor } from 'apache-beam/proto/beam_fn_api';

const WINDOWED = ['beam:coder:windowed_value:v1', 'beam:coder:param_windowed_value:v1'];

export type FetchDescriptor = (id: string) => Promise<ProcessBundleDescriptor>;

export class Descriptors {
  readonly #fetch: FetchDescriptor;
  readonly #byId = new Map<string, Promise<ProcessBundleDescriptor>>();

  constructor(fetch: FetchDescriptor) {
    this.#fetch = fetch;
  }

  /** A failed request is not remembered. */
  get(id: string): Promise<ProcessBundleDescriptor> {
    const known = this.#byId.get(id);
    if (known) return known;
    const fetched = this.#fetch(id).then(withPlainCoders);
    fetched.catch(() => this.#byId.delete(id));
    this.#byId.set(id, fetched);
    return fetched;
  }

  /** Descriptors that the runner sends of itself. */
  add(descriptors: readonly ProcessBundleDescriptor[]): void {
    for (const each of descriptors) this.#byId.set(each.id, Promise.resolve(withPlainCoders(each)));
  }
}

/** Dataflow names the coder of windowed values where that of the elements belongs. */
function withPlainCoders(descriptor: ProcessBundleDescriptor): ProcessBundleDescriptor {
  for (const collection of Object.values(descriptor.pcollections)) {
    const coder = descriptor.coders[collection.coderId];
    const element = coder?.componentCoderIds[0];
    if (element !== undefined && WINDOWED.includes(coder?.spec?.urn ?? '')) collection.coderId = element;
  }
  return descriptor;
}
