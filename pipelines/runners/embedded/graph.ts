/** The plan as connected operators: the SDK's own for functions, ours for groups, reads and writes. */
import '../../../transforms/sdk.beam.ts';
import type { ProcessBundleDescriptor } from 'apache-beam/proto/beam_fn_api';
import { PubSubWritePayload } from 'apache-beam/proto/beam_runner_api';
import type { WindowedValue } from 'apache-beam/values';
import { MetricsContainer } from 'apache-beam/worker/metrics';
import {
  createOperator,
  encodeToBase64,
  type IOperator,
  OperatorContext,
  Receiver,
} from 'apache-beam/worker/operators';
import { InvariantError, messageOf } from '../../../schemas/errors.ts';
import { PUBSUB_WRITE_URN } from '../../pubsub-io.ts';
import type { Edges } from './edges.ts';
import { fuseWindows, isTransparent } from './fusion.ts';
import { GroupOperator } from './group.ts';
import { GROUP_URN, type Plan, type Step } from './plan.ts';
import type { Ledger } from './receipts.ts';
import { windowingOf } from './windowing.ts';

/** A user's function failed; the message names the step. */
class StepError extends InvariantError {}

/** Hands elements of one collection to its consumers, counts them, and names the step where one fails. */
export class Pipe extends Receiver {
  readonly consumers: { readonly operator: IOperator; readonly name: string }[] = [];
  /** Pipes that hand their elements straight to this one's consumers. */
  readonly feeders: Pipe[] = [];
  #received = 0;

  constructor() {
    super([], {}, { update: () => undefined });
  }

  /** Elements of the collection so far. */
  get count(): number {
    return this.feeders.reduce((sum, feeder) => sum + feeder.count, this.#received);
  }

  override receive(element: WindowedValue<unknown>): null {
    this.#received += 1;
    const { consumers } = this;
    for (let i = 0; i < consumers.length; i += 1) {
      const { operator, name } = consumers[i]!;
      let pending: unknown;
      try {
        pending = operator.process(element);
      } catch (cause) {
        throw stepError(name, cause);
      }
      if (pending !== null) throw new StepError(`Step "${name}" must process its elements without waiting.`);
    }
    return null;
  }
}

export interface Node {
  readonly step: Step;
  readonly operator: IOperator;
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly pipes: ReadonlyMap<string, Pipe>;
  readonly counters: MetricsContainer;
  /** Operators whose function wants to know where bundles start and end. */
  readonly bundled: ReadonlySet<IOperator>;
}

export interface GraphOptions {
  readonly edges: Edges;
  readonly ledger: Ledger;
  readonly onDropped: (step: string, value: unknown) => void;
  readonly onWrite: () => void;
}

export function stepError(name: string, cause: unknown): Error {
  if (cause instanceof StepError) return cause;
  return new StepError(`Step "${name}" failed: ${messageOf(cause)}`, { cause });
}

/** Sources (steps without inputs) get no operator: the runner pushes into their pipes. */
export async function connect(plan: Plan, options: GraphOptions): Promise<Graph> {
  const { components, steps } = plan;
  const pipes = new Map(Object.keys(components.pcollections).map((id) => [id, new Pipe()]));
  const counters = new MetricsContainer();
  const descriptor = { id: 'embedded', ...components } as unknown as ProcessBundleDescriptor;
  const unavailable = () => {
    throw new InvariantError('There are no data or state channels in the embedded runner.');
  };
  const context = new OperatorContext(
    descriptor,
    (id: string) => pipes.get(id)!,
    unavailable,
    unavailable,
    () => 'embedded',
    {},
    counters,
  );
  const wiring = { ...options, plan, context, fused: fuseWindows(plan) };
  const passes = (step: Step) => isTransparent(step) || isFusedWindow(step, wiring);
  const nodes = steps
    .filter((step) => step.inputs.length > 0 && !passes(step))
    .map((step) => ({ step, operator: operatorOf(step, wiring) }));
  join(steps, pipes, new Map(nodes.map(({ step, operator }) => [step, operator])));
  const bundled = new Set<IOperator>();
  for (const { operator } of nodes) {
    if (listensToBundles(operator)) bundled.add(operator);
    else await operator.startBundle();
  }
  return { nodes, pipes, counters, bundled };
}

/**
 * From the last step to the first, each becomes a consumer of its inputs. A step without an operator passes elements on
 * as they are: the consumers of its output, all known by then, take its place.
 */
function join(
  steps: readonly Step[],
  pipes: ReadonlyMap<string, Pipe>,
  operators: ReadonlyMap<Step, IOperator>,
): void {
  for (const step of steps.toReversed()) {
    const operator = operators.get(step);
    for (const id of step.inputs) {
      const input = pipes.get(id)!;
      if (operator) {
        input.consumers.unshift({ operator, name: step.name });
        continue;
      }
      const output = pipes.get(step.outputs[0]!)!;
      output.feeders.push(input);
      input.consumers.unshift(...output.consumers);
    }
  }
}

function isFusedWindow(step: Step, { fused }: Wiring): boolean {
  return step.urn !== GROUP_URN && fused.has(step.id);
}

interface Wiring extends GraphOptions {
  readonly plan: Plan;
  readonly context: OperatorContext;
  /** Steps that leave window assignment to the groups, and those groups. */
  readonly fused: ReadonlySet<string>;
}

function operatorOf(step: Step, wiring: Wiring): IOperator {
  if (step.urn === GROUP_URN) return groupOf(step, wiring);
  if (step.urn === PUBSUB_WRITE_URN) return new WriteOperator(step, wiring);
  return createOperator(step.id, wiring.context);
}

function groupOf(step: Step, wiring: Wiring): GroupOperator {
  const { plan, ledger, onDropped } = wiring;
  const input = plan.components.pcollections[step.inputs[0]!]!;
  const [keyCoderId] = plan.components.coders[input.coderId]!.componentCoderIds;
  const keyCoder = wiring.context.pipelineContext.getCoder<unknown>(keyCoderId!);
  return new GroupOperator({
    transformId: step.id,
    windowing: windowingOf(plan.components.windowingStrategies[input.windowingStrategyId]!),
    assigns: wiring.fused.has(step.id),
    receiver: wiring.context.getReceiver(step.outputs[0]),
    ledger,
    keyText: (key) => encodeToBase64(key, keyCoder),
    onDropped: (value) => onDropped(step.name, value),
  });
}

/** The SDK's parDo keeps its DoFn in `doFn`; other operators have nothing to do around a bundle. */
function listensToBundles(operator: IOperator): boolean {
  const { doFn } = operator as { doFn?: { startBundle?: unknown; finishBundle?: unknown } };
  return doFn?.startBundle !== undefined || doFn?.finishBundle !== undefined;
}

class WriteOperator implements IOperator {
  readonly transformId: string;
  readonly #topic: string;
  readonly #options: GraphOptions;

  constructor(step: Step, options: GraphOptions) {
    this.transformId = step.id;
    this.#options = options;
    this.#topic = lastPart(PubSubWritePayload.fromBinary(step.transform.spec!.payload).topic);
  }

  async startBundle(): Promise<void> {}
  async finishBundle(): Promise<void> {}
  process(element: WindowedValue<unknown>): null {
    const { value } = element;
    if (!(value instanceof Uint8Array)) {
      throw new InvariantError(
        `Expected the bytes of a PubsubMessage for "${this.#topic}", got ${typeof value}.`,
      );
    }
    this.#options.edges.write(this.#topic, value);
    this.#options.onWrite();
    return null;
  }
}

/** `projects/P/topics/T` -> `T`. */
export function lastPart(resource: string): string {
  return resource.slice(resource.lastIndexOf('/') + 1);
}
