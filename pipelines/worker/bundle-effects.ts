/** What an operator asks for beyond its outputs: work left over for later, and a call once the bundle is committed. */
import type { DelayedBundleApplication } from 'apache-beam/proto/beam_fn_api';

export interface BundleEffects {
  /** Rest of the work of a splittable DoFn, with the watermark it holds; the runner calls again. */
  readonly residualRoots: DelayedBundleApplication[];
  /** Run when the runner has committed the bundle (FinalizeBundle), never where it was lost. */
  readonly finalizers: (() => Promise<void>)[];
}

/** Effects of the bundles of one process, by instruction id; an operator finds its own by `context.getBundleId()`. */
export class EffectsOfBundles {
  readonly #byInstruction = new Map<string, BundleEffects>();

  of(instructionId: string): BundleEffects {
    const known = this.#byInstruction.get(instructionId);
    if (known) return known;
    const effects: BundleEffects = { residualRoots: [], finalizers: [] };
    this.#byInstruction.set(instructionId, effects);
    return effects;
  }

  /** Those of a bundle that is done; forgotten here. Undefined where nothing was asked. */
  take(instructionId: string): BundleEffects | undefined {
    const effects = this.#byInstruction.get(instructionId);
    this.#byInstruction.delete(instructionId);
    return effects;
  }
}

/** Operators are made by the SDK, which hands them no context of ours: one process, one registry. */
export const bundleEffects = new EffectsOfBundles();
