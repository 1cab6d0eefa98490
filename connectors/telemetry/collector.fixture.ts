/** A collector of OpenTelemetry's protocol for tests, after the fields of opentelemetry-proto's trace.proto. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';

const PROTO = `
syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message Scope { string name = 1; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
}
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; int64 int_value = 3; double double_value = 4; } }
`;
const Request = protobuf.parse(PROTO).root.lookupType('Request');

interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string };
}
interface Message {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
}

export interface Collected extends Omit<WireSpan, 'attributes'> {
  readonly attributes: Record<string, string | undefined>;
  readonly resource: Record<string, string | undefined>;
}

/** Answers a request instead of taking it; false takes it. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

export class Collector {
  readonly spans: Collected[] = [];
  requests = 0;
  fault: Fault = () => false;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/traces`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.requests += 1;
    if (this.fault(request, response)) return;
    this.spans.push(...read(Buffer.concat(chunks)));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  }
}

function read(body: Uint8Array): Collected[] {
  const { resourceSpans } = Request.toObject(Request.decode(body), {
    bytes: Buffer,
    longs: String,
    arrays: true,
  }) as Message;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map((span) => collected(span, textsOf(resource.attributes)))),
  );
}

function collected(span: WireSpan, resource: Collected['resource']): Collected {
  const hex = (bytes: unknown) => (bytes as Buffer).toString('hex');
  const { traceId, spanId, parentSpanId } = span;
  const ids = { traceId: hex(traceId), spanId: hex(spanId), parentSpanId: hex(parentSpanId) };
  return { ...span, ...ids, attributes: textsOf(span.attributes), resource };
}

function textsOf(all: readonly KeyValue[]): Record<string, string | undefined> {
  return Object.fromEntries(all.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
}
