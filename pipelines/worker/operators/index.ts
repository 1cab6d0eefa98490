/** DoFns of our own in the worker: a ParDo whose payload names one of their urns becomes their operator, any other the SDK's. */
import '../../../transforms/sdk.beam.ts';
import { ParDoPayload, type PTransform } from 'apache-beam/proto/beam_runner_api';
import {
  type IOperator,
  type OperatorContext,
  registerOperatorConstructor,
} from 'apache-beam/worker/operators';
import { InvariantError } from '../../../schemas/errors.ts';
import { PAR_DO_URN } from '../dofns.ts';

/** What an operator is made of. */
export interface DoFnStep {
  readonly transformId: string;
  readonly transform: PTransform;
  /** Of the whole ParDo; `doFn.payload` is what the urn's owner put there. */
  readonly parDo: ParDoPayload;
  readonly payload: Uint8Array;
  readonly context: OperatorContext;
}

/** Makes one operator per bundle processor; it is reused from bundle to bundle, never by two at once. */
export type DoFnConstructor = (step: DoFnStep) => IOperator;

const doFns = new Map<string, DoFnConstructor>();

export function registerDoFn(urn: string, make: DoFnConstructor): void {
  doFns.set(urn, make);
}

type Constructor = Parameters<typeof registerOperatorConstructor>[1];

/** The SDK's constructor of ParDos, which it keeps to itself; its compiler leaves every function its closure. */
const stockParDo = (() => {
  const { __closure } = registerOperatorConstructor as unknown as {
    __closure?: () => { operatorsByUrn?: Map<string, Constructor> };
  };
  const stock = __closure?.().operatorsByUrn?.get(PAR_DO_URN);
  if (stock) return stock;
  throw new InvariantError(
    'Expected the operators of apache-beam 2.49.0, found none. Use the pinned version of the package.',
  );
})();

registerOperatorConstructor(PAR_DO_URN, (transformId, transform, context) => {
  const parDo = ParDoPayload.fromBinary(transform.spec!.payload);
  const make = doFns.get(parDo.doFn?.urn ?? '');
  if (!make) return stockParDo(transformId, transform, context);
  return make({ transformId, transform, parDo, payload: parDo.doFn!.payload, context });
});
