/** A runner on loopback, as far as a worker sees one: control, data, state and logging, told by tests what to ask. */
import '../../transforms/sdk.beam.ts';
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type {
  Elements,
  Elements_Data,
  GetProcessBundleDescriptorRequest,
  InstructionRequest,
  InstructionResponse,
  LogControl,
  LogEntry,
  LogEntry_List,
  ProcessBundleDescriptor,
  StateRequest,
  StateResponse,
} from 'apache-beam/proto/beam_fn_api';
import {
  beamFnControlDefinition,
  beamFnDataDefinition,
  beamFnLoggingDefinition,
  beamFnStateDefinition,
} from 'apache-beam/proto/beam_fn_api.grpc-server';
import { type Describe, decoded, encoded, SOURCE } from './stages.fixture.ts';

type Stream<In, Out> = ServerDuplexStream<In, Out>;
type DescriptorCall = ServerUnaryCall<GetProcessBundleDescriptorRequest, ProcessBundleDescriptor>;
type Request = InstructionRequest['request'];

export class FakeRunner {
  readonly logs: LogEntry[] = [];
  /** What a state request is answered with, chunk by chunk. */
  state: readonly Uint8Array[] = [];
  readonly #stages: Readonly<Record<string, Describe>>;
  readonly #server = new Server({
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
  });
  readonly #control = Promise.withResolvers<Stream<InstructionResponse, InstructionRequest>>();
  #data = Promise.withResolvers<Stream<Elements, Elements>>();
  readonly #answers = new Map<string, PromiseWithResolvers<InstructionResponse>>();
  readonly #outputs: Elements_Data[] = [];
  readonly #ends = new Map<string, PromiseWithResolvers<void>>();
  #messages = 0;
  #port = 0;

  private constructor(stages: Readonly<Record<string, Describe>>) {
    this.#stages = stages;
  }

  /** Stages by id. */
  static async start(stages: Readonly<Record<string, Describe>>): Promise<FakeRunner> {
    const runner = new FakeRunner(stages);
    runner.#serve();
    runner.#port = await new Promise((resolve, reject) => {
      runner.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    return runner;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Messages on the data stream, from the worker. */
  get messages(): number {
    return this.#messages;
  }

  /** Resolves with the worker's answer. */
  async ask(instructionId: string, request: Request, more: object = {}): Promise<InstructionResponse> {
    const control = await this.#control.promise;
    const answer = Promise.withResolvers<InstructionResponse>();
    this.#answers.set(instructionId, answer);
    control.write({ instructionId, request, ...more });
    return answer.promise;
  }

  /** A request of a field that the SDK's protos lack. */
  askField(instructionId: string, no: number): Promise<InstructionResponse> {
    const empty = { no, wireType: 2, data: new Uint8Array([0]) };
    return this.ask(
      instructionId,
      { oneofKind: undefined },
      { [Symbol.for('protobuf-ts/unknown')]: [empty] },
    );
  }

  processBundle(instructionId: string, stage: string): Promise<InstructionResponse> {
    return this.ask(instructionId, {
      oneofKind: 'processBundle',
      processBundle: { processBundleDescriptorId: stage, cacheTokens: [] },
    });
  }

  progress(instructionId: string, of: string): Promise<InstructionResponse> {
    return this.ask(instructionId, {
      oneofKind: 'processBundleProgress',
      processBundleProgress: { instructionId: of },
    });
  }

  split(instructionId: string, of: string, fractionOfRemainder: number, estimated: number) {
    const desired = {
      fractionOfRemainder,
      allowedSplitPoints: [],
      estimatedInputElements: BigInt(estimated),
    };
    return this.ask(instructionId, {
      oneofKind: 'processBundleSplit',
      processBundleSplit: { instructionId: of, desiredSplits: { [SOURCE]: desired } },
    });
  }

  /** Data and its end travel in messages of their own, as Prism sends them. */
  async feed(instructionId: string, values: readonly number[]): Promise<void> {
    await this.send(instructionId, encoded(values), false);
    await this.send(instructionId, new Uint8Array(), true);
  }

  async send(instructionId: string, data: Uint8Array, isLast: boolean): Promise<void> {
    const stream = await this.#data.promise;
    stream.write({ data: [{ instructionId, transformId: SOURCE, data, isLast }], timers: [] });
  }

  /** All that came out of a bundle, once the worker has said that this is all. */
  async output(instructionId: string): Promise<number[]> {
    await this.#ended(instructionId).promise;
    return this.outputSoFar(instructionId);
  }

  outputSoFar(instructionId: string): number[] {
    return this.#outputs
      .filter((each) => each.instructionId === instructionId)
      .flatMap(({ data }) => decoded(data));
  }

  #ended(instructionId: string): PromiseWithResolvers<void> {
    const known = this.#ends.get(instructionId);
    if (known) return known;
    const end = Promise.withResolvers<void>();
    this.#ends.set(instructionId, end);
    return end;
  }

  async endControl(): Promise<void> {
    (await this.#control.promise).end();
  }

  /** The worker's next data stream is a new one. */
  async breakData(): Promise<void> {
    const stream = await this.#data.promise;
    this.#data = Promise.withResolvers();
    stream.emit('error', { code: status.INTERNAL, details: 'runner fell over' });
  }

  /** The other streams stay. */
  async breakControl(): Promise<void> {
    (await this.#control.promise).emit('error', { code: status.INTERNAL, details: 'runner fell over' });
  }

  stop(): void {
    this.#server.forceShutdown();
  }

  #serve(): void {
    this.#server.addService(beamFnControlDefinition, {
      control: (stream: Stream<InstructionResponse, InstructionRequest>) => {
        stream.on('data', (answer: InstructionResponse) =>
          this.#answers.get(answer.instructionId)?.resolve(answer),
        );
        stream.on('end', () => stream.end());
        stream.on('error', () => undefined);
        this.#control.resolve(stream);
      },
      getProcessBundleDescriptor: (
        { request }: DescriptorCall,
        reply: sendUnaryData<ProcessBundleDescriptor>,
      ) => {
        const id = request.processBundleDescriptorId;
        const describe = this.#stages[id];
        if (describe) reply(null, describe(id, this.endpoint));
        else reply({ code: status.NOT_FOUND, details: `no stage ${id}` });
      },
    });
    this.#server.addService(beamFnDataDefinition, {
      data: (stream: Stream<Elements, Elements>) => {
        stream.on('data', ({ data }: Elements) => {
          this.#messages += 1;
          this.#outputs.push(...data);
          for (const { instructionId, isLast } of data) if (isLast) this.#ended(instructionId).resolve();
        });
        stream.on('end', () => stream.end());
        stream.on('error', () => undefined);
        this.#data.resolve(stream);
      },
    });
    this.#server.addService(beamFnStateDefinition, {
      state: (stream: Stream<StateRequest, StateResponse>) => {
        stream.on('data', (request: StateRequest) => stream.write(this.#readState(request)));
        stream.on('end', () => stream.end());
        stream.on('error', () => undefined);
      },
    });
    this.#server.addService(beamFnLoggingDefinition, {
      logging: (stream: Stream<LogEntry_List, LogControl>) => {
        stream.on('data', ({ logEntries }: LogEntry_List) => this.logs.push(...logEntries));
        stream.on('end', () => stream.end());
        stream.on('error', () => undefined);
      },
    });
  }

  #readState({ id, request }: StateRequest): StateResponse {
    const token = request.oneofKind === 'get' ? request.get.continuationToken : [];
    const at = token[0] ?? 0;
    const next = at + 1 < this.state.length ? new Uint8Array([at + 1]) : new Uint8Array();
    const data = this.state[at];
    if (!data) return { id, error: 'no state here', response: { oneofKind: undefined } };
    return { id, error: '', response: { oneofKind: 'get', get: { data, continuationToken: next } } };
  }
}
