/** Answers the runner's instructions. Each gets one answer, an error where it cannot be followed. */
import '../../transforms/sdk.beam.ts';
import {
  type InstructionRequest,
  type InstructionResponse,
  type ProcessBundleRequest,
  ProcessBundleResponse,
  ProcessBundleSplitResponse,
} from 'apache-beam/proto/beam_fn_api';
import { InvariantError } from '../../schemas/errors.ts';
import type { Bundles } from './bundles/bundles.ts';
import type { Descriptors } from './bundles/descriptors.ts';
import type { ShortIds } from './bundles/metrics.ts';
import { describeFailure } from './stage/step-failure.ts';

export type Answer = InstructionResponse['response'];

export interface ControlParts {
  readonly bundles: Bundles;
  readonly descriptors: Descriptors;
  readonly shortIds: ShortIds;
  /** Told of every instruction that could not be followed. */
  readonly onFailure: (instructionId: string, message: string) => void;
}

export class Control {
  readonly #parts: ControlParts;

  constructor(parts: ControlParts) {
    this.#parts = parts;
  }

  /** Never rejects. */
  async handle(request: InstructionRequest): Promise<InstructionResponse> {
    const { instructionId } = request;
    try {
      const response = (await this.#answer(request)) satisfies Answer;
      return withSample(request, { instructionId, error: '', response });
    } catch (thrown) {
      const error = describeFailure(thrown);
      this.#parts.onFailure(instructionId, error);
      return { instructionId, error, response: { oneofKind: undefined } };
    }
  }

  async #answer({ instructionId, request }: InstructionRequest & object): Promise<Answer> {
    const { bundles, descriptors, shortIds } = this.#parts;
    switch (request.oneofKind) {
      case 'processBundle':
        return this.#process(instructionId, request.processBundle);
      case 'processBundleProgress': {
        const report = bundles.at(request.processBundleProgress.instructionId)?.metrics.report(shortIds);
        const processBundleProgress = report ?? { monitoringInfos: [], monitoringData: {} };
        return { oneofKind: 'processBundleProgress', processBundleProgress };
      }
      case 'processBundleSplit': {
        const split = bundles.at(request.processBundleSplit.instructionId)?.split(request.processBundleSplit);
        const processBundleSplit = split ?? ProcessBundleSplitResponse.create();
        return { oneofKind: 'processBundleSplit', processBundleSplit };
      }
      case 'finalizeBundle':
        await bundles.finalize(request.finalizeBundle.instructionId);
        return { oneofKind: 'finalizeBundle', finalizeBundle: {} };
      case 'monitoringInfos': {
        const monitoringInfo = shortIds.resolve(request.monitoringInfos.monitoringInfoId);
        return { oneofKind: 'monitoringInfos', monitoringInfos: { monitoringInfo } };
      }
      case 'harnessMonitoringInfos':
        return { oneofKind: 'harnessMonitoringInfos', harnessMonitoringInfos: { monitoringData: {} } };
      case 'register':
        descriptors.add(request.register.processBundleDescriptor);
        return { oneofKind: 'register', register: {} };
      default:
        return { oneofKind: undefined };
    }
  }

  async #process(instructionId: string, request: ProcessBundleRequest): Promise<Answer> {
    const { bundles, shortIds } = this.#parts;
    if (request.elements) {
      throw new InvariantError('Expected elements on the data stream, got some with the instruction.');
    }
    const done = await bundles.process(instructionId, request.processBundleDescriptorId);
    const processBundle = ProcessBundleResponse.create({
      ...done.metrics.report(shortIds),
      residualRoots: done.residualRoots,
      requiresFinalization: done.requiresFinalization,
      ...(done.output.length > 0 && { elements: { data: done.output, timers: [] } }),
    });
    done.release();
    return { oneofKind: 'processBundle', processBundle };
  }
}

/** Where the SDK's messages keep fields they do not know. */
const UNKNOWN = Symbol.for('protobuf-ts/unknown');
const SAMPLE_DATA = 1011;
type WithUnknown = { [UNKNOWN]?: { no: number; wireType: number; data: Uint8Array }[] };

/** `sampleData` is younger than the SDK's protos: request and (empty) answer are field 1011. Other instructions are refused. */
function withSample(request: InstructionRequest, response: InstructionResponse): InstructionResponse {
  if (response.response.oneofKind !== undefined) return response;
  const fields = (request.request as WithUnknown)[UNKNOWN] ?? (request as WithUnknown)[UNKNOWN] ?? [];
  if (!fields.some(({ no }) => no === SAMPLE_DATA)) {
    const kinds = fields.map(({ no }) => no).join(', ');
    throw new InvariantError(`Expected a known instruction, got one of field ${kinds || '(none)'}.`);
  }
  const empty = new Uint8Array([0]);
  return Object.assign(response, { [UNKNOWN]: [{ no: SAMPLE_DATA, wireType: 2, data: empty }] });
}
