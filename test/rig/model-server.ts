import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { randomUUID } from "node:crypto";

/** What was asked of the model; messages and tools in the form of the protocol it was asked by. */
export interface ModelRequest {
  readonly protocol: "openai" | "anthropic";
  readonly model: string;
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  readonly tools: readonly string[];
  /** The last message brings a tool's answer. */
  readonly afterTool: boolean;
  readonly headers: IncomingMessage["headers"];
}

export interface ModelAnswer {
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly args: object }[];
  /** Not 200: an error, of the protocol's form. */
  readonly status?: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly usage?: object;
  readonly stopReason?: string;
  /** Answers only when the client has gone. */
  readonly hang?: boolean;
  /** What is sent with status 200 in the place of an answer. */
  readonly instead?: string;
}

export interface ModelServer {
  readonly url: string;
  readonly requests: readonly ModelRequest[];
  close(): Promise<void>;
}

/** A scripted model on loopback: OpenAI chat and Anthropic Messages, whole or as server-sent events. */
export async function startModel(script: (request: ModelRequest, turn: number) => ModelAnswer): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.once("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Body;
      const request = requestOf(incoming, body);
      requests.push(request);
      answerWith(response, script(request, requests.length), request, body.stream === true);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Body {
  readonly model: string;
  readonly stream?: boolean;
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  readonly tools?: readonly { readonly name?: string; readonly function?: { readonly name: string } }[];
}

function requestOf(incoming: IncomingMessage, body: Body): ModelRequest {
  const protocol = incoming.url?.endsWith("/messages") === true ? "anthropic" : "openai";
  const last = body.messages.at(-1);
  const blocks = Array.isArray(last?.["content"]) ? (last["content"] as { type?: string }[]) : [];
  return {
    protocol,
    model: body.model,
    messages: body.messages,
    tools: (body.tools ?? []).map((tool) => tool.function?.name ?? tool.name ?? ""),
    afterTool: last?.["role"] === "tool" || blocks.some(({ type }) => type === "tool_result"),
    headers: incoming.headers,
  };
}

function answerWith(response: ServerResponse, answer: ModelAnswer, request: ModelRequest, stream: boolean): void {
  if (answer.hang === true) return;
  const headers = { ...answer.headers };
  if (answer.instead !== undefined) {
    response.writeHead(200, { "content-type": "text/html", ...headers });
    response.end(answer.instead);
    return;
  }
  if (answer.status !== undefined && answer.status !== 200) {
    response.writeHead(answer.status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ type: "error", error: { type: "scripted", message: answer.message ?? "scripted" } }));
    return;
  }
  const [whole, events] = request.protocol === "openai" ? chat(answer, request) : messages(answer, request);
  if (!stream) {
    response.writeHead(200, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(whole));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream", ...headers });
  for (const event of events) {
    const name = request.protocol === "anthropic" ? `event: ${(event as { type: string }).type}\n` : "";
    response.write(`${name}data: ${JSON.stringify(event)}\n\n`);
  }
  response.end(request.protocol === "openai" ? "data: [DONE]\n\n" : "");
}

type Answered = readonly [whole: object, events: readonly object[]];

function chat({ text, calls = [], usage, stopReason }: ModelAnswer, { model }: ModelRequest): Answered {
  const toolCalls = calls.map(({ name, args }, index) => ({
    index,
    id: `call_${randomUUID()}`,
    type: "function",
    function: { name, arguments: JSON.stringify(args) },
  }));
  const reason = stopReason ?? (calls.length > 0 ? "tool_calls" : "stop");
  const used = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110, ...usage };
  const head = { id: `chatcmpl-${randomUUID()}`, created: 0, model };
  const message = {
    role: "assistant",
    content: text ?? null,
    ...(calls.length > 0 ? { tool_calls: toolCalls } : {}),
  };
  const part = (delta: object, finish: string | null) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  return [
    { ...head, object: "chat.completion", choices: [{ index: 0, finish_reason: reason, message }], usage: used },
    [part(message, null), part({}, reason), { ...part({}, null), choices: [], usage: used }],
  ];
}

function messages({ text, calls = [], usage, stopReason }: ModelAnswer, { model }: ModelRequest): Answered {
  const content = [
    ...(text === undefined ? [] : [{ type: "text", text }]),
    ...calls.map(({ name, args }) => ({ type: "tool_use", id: `toolu_${randomUUID()}`, name, input: args })),
  ];
  const reason = stopReason ?? (calls.length > 0 ? "tool_use" : "end_turn");
  const used = { input_tokens: 100, output_tokens: 10, ...usage };
  const message = { id: `msg_${randomUUID()}`, type: "message", role: "assistant", model, stop_sequence: null };
  const blocks = content.flatMap((block, index) => [
    {
      type: "content_block_start",
      index,
      content_block: "text" in block ? { type: "text", text: "" } : { ...block, input: {} },
    },
    {
      type: "content_block_delta",
      index,
      delta:
        "text" in block
          ? { type: "text_delta", text: block.text }
          : { type: "input_json_delta", partial_json: JSON.stringify(block.input) },
    },
    { type: "content_block_stop", index },
  ]);
  return [
    { ...message, content, stop_reason: reason, usage: used },
    [
      { type: "message_start", message: { ...message, content: [], stop_reason: null, usage: used } },
      ...blocks,
      { type: "message_delta", delta: { stop_reason: reason, stop_sequence: null }, usage: used },
      { type: "message_stop" },
    ],
  ];
}
