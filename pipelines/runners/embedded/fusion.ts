/** Which groups assign windows themselves, with plain numbers, so that no element is copied into each of its windows. */
import '../../../transforms/sdk.beam.ts';
import { IDENTITY_DOFN_URN, JS_WINDOW_INTO_DOFN_URN } from 'apache-beam/internal/urns';
import { ParDoPayload } from 'apache-beam/proto/beam_runner_api';
import { FLATTEN_URN, GROUP_URN, PARDO_URN, type Plan, type Step } from './plan.ts';

/**
 * A window step passes its elements on unassigned where they reach groups alone (by way of identities and flattens), and
 * all else that reaches those groups comes from such steps of the same windowing. Both kinds of step, by id.
 */
export function fuseWindows(plan: Plan): ReadonlySet<string> {
  const walk = new Walk(plan);
  const windows = new Set(
    plan.steps.filter((step) => walk.isWindow(step) && walk.groupsBelow(step) !== undefined),
  );
  const assigns = (group: Step) => walk.windowsAbove(group)?.every((window) => windows.has(window)) ?? false;
  let before: number;
  do {
    before = windows.size;
    for (const window of windows) if (!walk.groupsBelow(window)!.every(assigns)) windows.delete(window);
  } while (windows.size < before);
  const groups = [...windows].flatMap((window) => walk.groupsBelow(window)!);
  return new Set([...windows, ...groups].map(({ id }) => id));
}

class Walk {
  readonly #plan: Plan;
  readonly #producers: ReadonlyMap<string, Step>;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#producers = new Map(plan.steps.flatMap((step) => step.outputs.map((output) => [output, step])));
  }

  isWindow(step: Step): boolean {
    return doFnUrn(step) === JS_WINDOW_INTO_DOFN_URN;
  }

  /** undefined where a step that looks at windows stands between. */
  groupsBelow(step: Step): Step[] | undefined {
    const consumers = this.#plan.steps.filter(({ inputs }) =>
      inputs.some((input) => step.outputs.includes(input)),
    );
    return merged(
      consumers.map((consumer) => {
        if (consumer.urn === GROUP_URN) return [consumer];
        return isTransparent(consumer) ? this.groupsBelow(consumer) : undefined;
      }),
    );
  }

  /** undefined where elements come by another way. */
  windowsAbove(step: Step): Step[] | undefined {
    return merged(
      step.inputs.map((input) => {
        const producer = this.#producers.get(input);
        if (producer && this.isWindow(producer)) return [producer];
        return producer && isTransparent(producer) ? this.windowsAbove(producer) : undefined;
      }),
    );
  }
}

/** Its elements leave as they came. */
export function isTransparent(step: Step): boolean {
  return step.urn === FLATTEN_URN || doFnUrn(step) === IDENTITY_DOFN_URN;
}

function doFnUrn(step: Step): string | undefined {
  if (step.urn !== PARDO_URN) return undefined;
  return ParDoPayload.fromBinary(step.transform.spec!.payload).doFn?.urn;
}

/** undefined where one of them is. */
function merged(lists: readonly (Step[] | undefined)[]): Step[] | undefined {
  const all = lists.flat();
  return all.every((step) => step !== undefined) ? [...new Set(all)] : undefined;
}
