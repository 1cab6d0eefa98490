/** Client of GoogleSQL's reference implementation: analyses statements, and executes queries on rows it is given. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import type { ReferenceFiles } from './install.ts';
import {
  columnTypeOf,
  type Decoded,
  decodeRow,
  encodeRow,
  encodeValue,
  type TableOf,
  typeOf,
} from './values.ts';

const SERVICE = '/zetasql.local_service.ZetaSqlLocalService/';
const LIMIT_BYTES = 500 * 1024 * 1024;
/** BigQuery reserves it; GoogleSQL need not. */
const RESERVED = ['QUALIFY'];

/** `type` is GoogleSQL's: FLOAT64, ARRAY<STRING>. */
export type QueryParameters = Readonly<Record<string, { readonly type: string; readonly value: unknown }>>;

export interface Reference {
  /** Resolves where the statement is GoogleSQL over these tables. @throws Error with the analyser's words. */
  analyze(sql: string, tables: readonly TableOf[], parameters?: QueryParameters): Promise<void>;
  /** Rows of a query over the tables' rows, times as ISO strings with ms. */
  run(
    sql: string,
    tables: readonly TableOf[],
    parameters?: QueryParameters,
  ): Promise<Record<string, Decoded>[]>;
  stop(): Promise<void>;
}

type Message = Record<string, unknown>;

export async function startReference({ server, protos }: ReferenceFiles): Promise<Reference> {
  const port = await freePort();
  const child = spawn(server, ['localhost', String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
  await listening(child);
  const call = await caller(protos, port);
  const language = await languageOptions(call);
  const catalog = (tables: readonly TableOf[]) => ({
    name: 'history',
    table: tables.map(({ name, columns }) => ({
      name,
      column: columns.map((column) => ({ name: column.name, type: typeOf(column) })),
    })),
    builtinFunctionOptions: { languageOptions: language },
  });
  const options = (parameters: QueryParameters) => ({
    languageOptions: language,
    defaultTimezone: 'UTC',
    pruneUnusedColumns: true,
    queryParameters: Object.entries(parameters).map(([name, { type }]) => ({
      name,
      type: typeOf(columnTypeOf(type)),
    })),
  });
  return {
    async analyze(sql, tables, parameters = {}) {
      await call('Analyze', 'AnalyzeRequest', null, {
        sqlStatement: sql,
        simpleCatalog: catalog(tables),
        options: options(parameters),
      });
    },
    async run(sql, tables, parameters = {}) {
      const answer = await call('EvaluateQuery', 'EvaluateQueryRequest', 'EvaluateQueryResponse', {
        sql,
        simpleCatalog: catalog(tables),
        options: options(parameters),
        tableContent: Object.fromEntries(
          tables.map(({ name, columns, rows }) => [
            name,
            { tableData: { row: rows.map((row) => ({ cell: encodeRow(columns, row) })) } },
          ]),
        ),
        params: Object.entries(parameters).map(([name, { type, value }]) => ({
          name,
          value: encodeValue(columnTypeOf(type), value),
        })),
      });
      return rowsOf(answer);
    },
    async stop() {
      call.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

interface Answer {
  readonly content?: {
    readonly tableData?: { readonly row?: readonly { readonly cell?: readonly Message[] }[] };
  };
  readonly prepared?: { readonly columns?: readonly { readonly name: string; readonly type: Message }[] };
}

function rowsOf({ content, prepared }: Answer): Record<string, Decoded>[] {
  const columns = prepared?.columns ?? [];
  return (content?.tableData?.row ?? []).map(({ cell = [] }) => decodeRow(columns, cell));
}

/** What BigQuery has of the language: the newest version, plus what it took from the features beside it. */
async function languageOptions(call: Call): Promise<Message> {
  const all = await call('GetLanguageOptions', 'LanguageOptionsRequest', 'zetasql.LanguageOptionsProto', {
    maximumFeatures: true,
  });
  return {
    ...all,
    productMode: 1,
    nameResolutionMode: 0,
    // Every kind of statement.
    supportedStatementKinds: [],
    reservedKeywords: RESERVED,
  };
}

interface Call {
  (method: string, request: string, response: string | null, message: Message): Promise<Message>;
  close(): void;
}

async function caller(protos: string, port: number): Promise<Call> {
  const root = new protobuf.Root();
  // Google's own come with protobufjs.
  const bundled = dirname(fileURLToPath(import.meta.resolve('protobufjs')));
  root.resolvePath = (_, target) => join(target.startsWith('google/protobuf/') ? bundled : protos, target);
  await root.load('local_service.proto', { keepCase: false });
  const client = new grpc.Client(`localhost:${port}`, grpc.credentials.createInsecure(), {
    'grpc.max_send_message_length': LIMIT_BYTES,
    'grpc.max_receive_message_length': LIMIT_BYTES,
  });
  const find = (name: string) => root.lookupType(name.includes('.') ? name : `zetasql.local_service.${name}`);
  const call = (method: string, request: string, response: string | null, message: Message) => {
    const type = find(request);
    return new Promise<Message>((resolve, reject) => {
      client.makeUnaryRequest(
        SERVICE + method,
        (value: Message) => Buffer.from(type.encode(type.fromObject(value)).finish()),
        (bytes: Buffer) => (response === null ? {} : (find(response).decode(bytes).toJSON() as Message)),
        message,
        (error, value) => (error ? reject(new Error(error.details)) : resolve(value ?? {})),
      );
    });
  };
  return Object.assign(call, { close: () => client.close() });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`Expected the reference implementation to listen, got its end with ${code}.`);
  });
  ended.catch(() => {});
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line.includes('listening')) break;
    await Promise.race([ended, Promise.resolve()]);
  }
  child.stdout?.resume();
}
