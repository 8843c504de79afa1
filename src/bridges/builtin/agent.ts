import { ChatAnthropic } from "@langchain/anthropic";
import {
  AIMessage,
  HumanMessage,
  mapChatMessagesToStoredMessages,
  mapStoredMessagesToChatMessages,
  type BaseMessage,
} from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { createDeepAgent, type BackendProtocolV2 } from "deepagents";
import { createMiddleware, todoListMiddleware, type AgentMiddleware } from "langchain";
import { messageOf } from "../../std/operational-error.ts";
import type { AgentEvent } from "../../domain/agent-event.ts";
import { failed, failedRequest, type FinalEvent } from "../failure-cause.ts";
import { fieldsOf, textOf } from "../untrusted.ts";
import type { Provider } from "./provider.ts";
import type { Session } from "./session-file.ts";
import { toolWatcher } from "./tool-watcher.ts";

export interface AgentWork {
  readonly prompt: string;
  readonly instructions: string;
  readonly provider: Provider;
  /** What all requests to the model go through. */
  readonly fetch: typeof fetch;
  readonly backend: BackendProtocolV2;
  readonly session: Session;
  readonly nextMessage: () => string | undefined;
  readonly emit: (event: AgentEvent) => void;
  readonly signal: AbortSignal;
}

/** What is told of an answer, in characters. */
const maxMessage = 8_000;
/** Most tokens of one answer; more than this, some providers want streamed. */
const maxAnswerTokens = 16_000;

/** Has the agent do the work; resolves with how it says that went. Rejects where `signal` is aborted or a request failed. */
export async function runAgent(work: AgentWork): Promise<FinalEvent> {
  const agent = createDeepAgent({
    model: modelOf(work.provider, work.fetch),
    backend: work.backend,
    systemPrompt: work.instructions,
    // The libraries are typed without `exactOptionalPropertyTypes`.
    middleware: [todoListMiddleware() as unknown as AgentMiddleware, listening(work.nextMessage)],
  });
  let messages = mapStoredMessagesToChatMessages([...work.session.messages]);
  let final: FinalEvent = { type: "final", ok: true };
  let unkept = false;
  let text: string | undefined = work.prompt;
  while (text !== undefined) {
    const states = await agent.stream(
      { messages: [...messages, new HumanMessage(text)] },
      { streamMode: "values", signal: work.signal, callbacks: [toolWatcher(work.emit)], recursionLimit: 10_000 },
    );
    let known = messages.length + 1;
    for await (const state of states) {
      messages = (fieldsOf(state)["messages"] as BaseMessage[] | undefined) ?? messages;
      if (messages.length <= known) continue;
      for (const message of messages.slice(known)) tell(message, work.emit);
      known = messages.length;
      const isKept = work.session.keep(mapChatMessagesToStoredMessages(messages));
      if (!isKept && !unkept) work.emit({ type: "progress", percent: null, message: "its session cannot be kept" });
      unkept = !isKept;
    }
    final = finalOf(messages.at(-1));
    // What came behind the model's last answer.
    text = final.ok ? work.nextMessage() : undefined;
  }
  return final;
}

/** What a person says while it works is before it with its next question to the model. */
function listening(nextMessage: AgentWork["nextMessage"]): AgentMiddleware {
  const beforeModel = () => {
    const said: HumanMessage[] = [];
    for (let text = nextMessage(); text !== undefined; text = nextMessage()) said.push(new HumanMessage(text));
    return said.length === 0 ? undefined : { messages: said };
  };
  return createMiddleware({ name: "listening", beforeModel });
}

/** Where the agent failed by itself, and not by a request that `signal` was aborted for. */
export function finalOfError(error: unknown): FinalEvent {
  return failedRequest(messageOf(error));
}

/**
 * `streaming` stays off: with it, tokens are counted by a table that is fetched from elsewhere. Trying again is done by
 * the fetch that all requests go through, and is bounded there.
 */
function modelOf(provider: Provider, fetch: AgentWork["fetch"]) {
  const { model, key, baseUrl } = provider;
  if (provider.protocol === "anthropic") {
    return new ChatAnthropic({
      model,
      apiKey: key,
      maxTokens: maxAnswerTokens,
      maxRetries: 0,
      ...(baseUrl === null ? {} : { anthropicApiUrl: baseUrl }),
      clientOptions: { fetch, maxRetries: 0 },
    });
  }
  return new ChatOpenAI({
    model,
    apiKey: key,
    maxRetries: 0,
    useResponsesApi: false,
    configuration: { fetch, maxRetries: 0, ...(baseUrl === null ? {} : { baseURL: baseUrl }) },
    ...(provider.isOpenRouter ? { modelKwargs: { usage: { include: true } } } : {}),
  });
}

function tell(message: BaseMessage, emit: (event: AgentEvent) => void): void {
  if (!AIMessage.isInstance(message)) return;
  const text = message.text.trim();
  if (text !== "") emit({ type: "message", text: text.slice(0, maxMessage) });
}

/** Why the model stopped, from its last message. */
function finalOf(message: BaseMessage | undefined): FinalEvent {
  if (message === undefined || !AIMessage.isInstance(message)) return failed("other", "the model gave no last answer");
  const facts = fieldsOf(message.response_metadata);
  const reason = textOf(facts["finish_reason"]) ?? textOf(facts["stop_reason"]);
  const refusal = textOf(fieldsOf(message.additional_kwargs)["refusal"]);
  if (refusal !== null || reason === "content_filter" || reason === "refusal") {
    return failed("refused", refusal ?? "the model declined the work");
  }
  if (reason === "length" || reason === "max_tokens") {
    return failed("turn-limit", "the model's answer reached the limit of tokens");
  }
  return { type: "final", ok: true };
}
