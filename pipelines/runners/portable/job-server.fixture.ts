/** An engine's Job API on loopback, told by tests what becomes of its one job. */
import '../../../transforms/sdk.beam.ts';
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import {
  type JobMessage_MessageImportance,
  JobMessagesResponse,
  JobService,
  type JobState_Enum,
  JobStateEvent,
  type PrepareJobRequest,
  RunJobRequest,
} from 'apache-beam/proto/beam_job_api';
import type { MonitoringInfo } from 'apache-beam/proto/metrics';

/** The SDK brings clients of the service, no server. */
const DEFINITION: ServiceDefinition = Object.fromEntries(
  JobService.methods.map(({ name, I, O, serverStreaming }) => [
    name,
    {
      path: `/${JobService.typeName}/${name}`,
      requestStream: false,
      responseStream: serverStreaming,
      requestSerialize: (request: object) => Buffer.from(I.toBinary(request)),
      requestDeserialize: (bytes: Buffer) => I.fromBinary(bytes),
      responseSerialize: (response: object) => Buffer.from(O.toBinary(response)),
      responseDeserialize: (bytes: Buffer) => O.fromBinary(bytes),
    },
  ]),
);

type Stream<T extends object> = ServerWritableStream<object, T>;

export class JobServer {
  readonly prepared: PrepareJobRequest[] = [];
  metrics: { committed: MonitoringInfo[]; attempted: MonitoringInfo[] } = { committed: [], attempted: [] };
  /** Where set, no job is taken. */
  refusal: string | undefined;
  cancels = 0;
  readonly #server = new Server();
  readonly #states = Promise.withResolvers<Stream<JobStateEvent>>();
  readonly #messages = Promise.withResolvers<Stream<JobMessagesResponse>>();
  #port = 0;

  static async start(): Promise<JobServer> {
    const served = new JobServer();
    served.#serve();
    served.#port = await new Promise((resolve, reject) => {
      served.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    return served;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async becomes(...states: JobState_Enum[]): Promise<void> {
    const stream = await this.#states.promise;
    for (const state of states) stream.write(JobStateEvent.create({ state }));
  }

  async says(messageText: string, importance: JobMessage_MessageImportance): Promise<void> {
    const messageResponse = { messageId: '', time: '', importance, messageText };
    const response = { oneofKind: 'messageResponse', messageResponse } as const;
    (await this.#messages.promise).write(JobMessagesResponse.create({ response }));
  }

  async saysNoMore(): Promise<void> {
    (await this.#messages.promise).end();
  }

  async tellsNoMoreStates(): Promise<void> {
    (await this.#states.promise).end();
  }

  /** As if it were killed. */
  vanish(): void {
    this.#server.forceShutdown();
  }

  #serve(): void {
    const run: handleUnaryCall<object, object> = ({ request }, done) =>
      done(null, { jobId: `job of ${RunJobRequest.create(request).preparationId}` });
    const prepare: handleUnaryCall<PrepareJobRequest, object> = ({ request }, done) => {
      this.prepared.push(request);
      if (this.refusal === undefined) return done(null, { preparationId: 'p1', stagingSessionToken: '' });
      done({ code: 3, details: this.refusal });
    };
    const cancel: handleUnaryCall<object, object> = (_call, done) => {
      this.cancels += 1;
      done(null, { state: 0 });
    };
    const states: handleServerStreamingCall<object, JobStateEvent> = (stream) => this.#states.resolve(stream);
    const messages: handleServerStreamingCall<object, JobMessagesResponse> = (stream) =>
      this.#messages.resolve(stream);
    const metrics: handleUnaryCall<object, object> = (_call, done) => done(null, { metrics: this.metrics });
    const jobs: handleUnaryCall<object, object> = (_call, done) => done(null, { jobInfo: [] });
    this.#server.addService(DEFINITION, {
      GetJobs: jobs,
      Prepare: prepare,
      Run: run,
      Cancel: cancel,
      GetStateStream: states,
      GetMessageStream: messages,
      GetJobMetrics: metrics,
    });
  }
}
