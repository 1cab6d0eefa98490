/** Pulumi's engine as its language runtime sees it: runs the program as `pulumi up` does, and takes each resource as made. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type handleUnaryCall, Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import engine from '@pulumi/pulumi/proto/engine_grpc_pb.js';
import type { LogRequest } from '@pulumi/pulumi/proto/engine_pb.js';
import monitor from '@pulumi/pulumi/proto/resource_grpc_pb.js';
import messages, {
  type RegisterResourceOutputsRequest,
  type RegisterResourceRequest,
  type ResourceInvokeRequest,
} from '@pulumi/pulumi/proto/resource_pb.js';

const RUNTIME = join(import.meta.dirname, 'node_modules/@pulumi/pulumi/cmd/run');
const DEBUG = 0;
const PROJECT_NUMBER = '123456789012';

export interface Run {
  readonly status: number | null;
  /** `type name`, in the order of their coming. */
  readonly resources: readonly string[];
  readonly outputs: unknown;
  /** What the program said, and what Pulumi logged for it. */
  readonly said: string;
}

interface Message {
  serializeBinary(): Uint8Array;
}

type Answers = Readonly<Record<string, (request: never) => Message | undefined>>;

/** What Pulumi.yaml and Pulumi.STACK.yaml say. */
export interface Told {
  readonly main: string;
  readonly typescript: boolean;
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
}

/** As the language host starts the program, by Pulumi's own runtime. */
export async function runProgram({ main, typescript, stack, config }: Told): Promise<Run> {
  const made: { resources: string[]; outputs: unknown; said: string } = {
    resources: [],
    outputs: {},
    said: '',
  };
  const server = new Server();
  serve(server, monitor.ResourceMonitorService, monitorOf(made));
  serve(server, engine.EngineService, {
    log: (request: LogRequest) => {
      if (request.getSeverity() > DEBUG) made.said += request.getMessage();
      return undefined;
    },
  });
  const port = await listen(server);
  const [project, address] = ['cst', `127.0.0.1:${port}`];
  const flags = Object.entries({
    project,
    stack,
    monitor: address,
    engine: address,
    pwd: import.meta.dirname,
  });
  const args = [RUNTIME, ...flags.map(([name, value]) => `--${name}=${value}`), main];
  const env = {
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_NODEJS_TYPESCRIPT: String(typescript),
    // Pulumi keeps the stack of every promise, which is most of its time.
    NODE_OPTIONS: '--stack-trace-limit=0',
  };
  const child = spawn(process.execPath, args, { env });
  const hear = (data: Buffer) => {
    made.said += data;
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const [status] = await once(child, 'close');
  server.forceShutdown();
  return { ...made, status };
}

/** Answers all methods of a service: those that are not named with a message that says nothing. */
function serve(server: Server, definition: object, answers: Answers): void {
  const methods = Object.entries(definition as ServiceDefinition);
  const answering = methods.map(([name, method]) => [
    name,
    { ...method, responseSerialize: (message?: Message) => Buffer.from(message?.serializeBinary() ?? []) },
  ]);
  const handlers = methods.map(([name]) => {
    const handle: handleUnaryCall<never, Message | undefined> = ({ request }, reply) =>
      reply(null, answers[name]?.(request));
    return [name, handle];
  });
  server.addService(Object.fromEntries(answering), Object.fromEntries(handlers));
}

function monitorOf(made: { resources: string[]; outputs: unknown }): Answers {
  return {
    supportsFeature: () => {
      const answer = new messages.SupportsFeatureResponse();
      answer.setHassupport(true);
      return answer;
    },
    registerResource: (request: RegisterResourceRequest) => {
      const [type, name] = [request.getType(), request.getName()];
      if (request.getCustom()) made.resources.push(`${type} ${name}`);
      const answer = new messages.RegisterResourceResponse();
      answer.setUrn(`urn:pulumi:test::cst::${type}::${name}`);
      answer.setId(name);
      answer.setObject(request.getObject());
      return answer;
    },
    registerResourceOutputs: (request: RegisterResourceOutputsRequest) => {
      if (request.getUrn().includes('pulumi:pulumi:Stack'))
        made.outputs = request.getOutputs()?.toJavaScript();
      return undefined;
    },
    invoke: (request: ResourceInvokeRequest) => {
      const found = request.getArgs()!;
      const number = found.getFieldsMap().get('projectId')!.clone();
      number.setStringValue(PROJECT_NUMBER);
      found.getFieldsMap().set('number', number);
      const answer = new messages.ResourceInvokeResponse();
      answer.setReturn(found);
      return answer;
    },
  };
}

async function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}
