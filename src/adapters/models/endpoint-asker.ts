import { OperationalError } from "../../std/operational-error.ts";
import { duration, printable, singleLine } from "../../std/text.ts";
import type { Asker, Question, Said } from "./asker.ts";
import { chatAnswer, complaintOf } from "./chat-answer.ts";
import { chatBody, firstManner, plainer, type Manner } from "./chat-body.ts";
import { chatUrl, type Endpoint } from "./endpoint.ts";
import { NoReply, sendPatiently, type ModelReply, type RetryRules, type Transport } from "./transport.ts";

export interface EndpointMeans {
  readonly endpoint: Endpoint;
  /** Null where the endpoint wants none. */
  readonly key: string | null;
  readonly transport: Transport;
  readonly retries: RetryRules;
  /** What endpoints were found to put up with, by URL and model; is added to. */
  readonly manners: Map<string, Manner>;
  /** For one question, retries included. */
  readonly timeoutMs: number;
}

const maxManners = 100;

/** Asks a model behind an HTTP endpoint. */
export class EndpointAsker implements Asker {
  readonly name: string;
  readonly model: string;
  private readonly means: EndpointMeans;
  private readonly place: string;

  constructor(means: EndpointMeans) {
    const { endpoint } = means;
    this.means = means;
    this.model = endpoint.model;
    this.name = `${endpoint.model} (${endpoint.name})`;
    this.place = `${chatUrl(endpoint)} ${endpoint.model}`;
  }

  async ask(question: Question, stopping: AbortSignal): Promise<Said> {
    const { endpoint, manners, timeoutMs } = this.means;
    const late = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([late, stopping]);
    try {
      for (let manner = manners.get(this.place) ?? firstManner; ;) {
        const reply: ModelReply = await this.send(question, manner, signal);
        const isUnclear = reply.status === 400 || reply.status === 422;
        const less: Manner | null = isUnclear ? plainer(manner, endpoint.protocol, complaintOf(reply)) : null;
        if (less === null) return this.read(reply, manner);
        manner = less;
      }
    } catch (error) {
      if (stopping.aborted) throw stopped(this.name);
      if (late.aborted) throw tooSlow(this.name, timeoutMs);
      if (error instanceof NoReply) throw unreachable(endpoint, error);
      throw error;
    }
  }

  private send(question: Question, manner: Manner, signal: AbortSignal): Promise<ModelReply> {
    const { endpoint, key, transport, retries } = this.means;
    const body = chatBody(endpoint.protocol, question, { ...manner, model: endpoint.model });
    return sendPatiently(
      transport,
      { url: chatUrl(endpoint), headers: headersOf(endpoint, key), body },
      retries,
      signal,
    );
  }

  private read(reply: ModelReply, manner: Manner): Said {
    const { endpoint, manners } = this.means;
    if (reply.status !== 200) throw refused(endpoint, reply);
    const said = chatAnswer(endpoint.protocol, reply);
    if (said === null) throw notAnAnswer(endpoint, reply);
    // What it refused once it is not asked again.
    if (manners.size < maxManners) manners.set(this.place, manner);
    return said;
  }
}

function headersOf({ protocol }: Endpoint, key: string | null): Record<string, string> {
  const common = { "content-type": "application/json", accept: "application/json" };
  if (protocol === "anthropic")
    return { ...common, "anthropic-version": "2023-06-01", ...(key === null ? {} : { "x-api-key": key }) };
  return { ...common, ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
}

const otherWays = "or have the text done as one task: --as-tasks";

function refused(endpoint: Endpoint, reply: ModelReply): OperationalError {
  const { status } = reply;
  const why = `HTTP ${status}: ${singleLine(printable(complaintOf(reply)), 300)}`;
  const { keyName, name, model } = endpoint;
  if (status === 401 || status === 403) {
    const next = keyName === null ? "give its key: planning: apiKeyEnv in nightcrew.yaml" : `correct ${keyName}`;
    const what = keyName === null ? `${name} wants a key` : `${name} refuses the key in ${keyName}`;
    return new OperationalError({ code: "planning-key-refused", what, why, next: `${next}, ${otherWays}` });
  }
  if (status === 404) {
    const next = `name another one: --model NAME, ${otherWays}`;
    return new OperationalError({
      code: "planning-model",
      what: `${name} does not know the model ${model}`,
      why,
      next,
    });
  }
  if (status === 402 || status === 429) {
    const next = `try again later, ${otherWays}`;
    return new OperationalError({
      code: "planning-limited",
      what: `${name} takes no more requests for now`,
      why,
      next,
    });
  }
  return new OperationalError({
    code: "planning-endpoint",
    what: `${name} could not answer for ${model}`,
    why,
    next: `try again, name another model: --model NAME, ${otherWays}`,
  });
}

function notAnAnswer({ name }: Endpoint, { body }: ModelReply): OperationalError {
  return new OperationalError({
    code: "planning-endpoint",
    what: `What ${name} says is not the answer of a model`,
    why: singleLine(printable(body), 200) || "it is empty",
    next: `look at its address: planning: endpoint in nightcrew.yaml, LITELLM_API_BASE and the like; ${otherWays}`,
  });
}

function unreachable({ name }: Endpoint, error: NoReply): OperationalError {
  return new OperationalError({
    code: "planning-unreachable",
    what: `${name} cannot be reached to make a plan`,
    why: singleLine(error.message, 300),
    next: `see whether it is up, and try again; ${otherWays}`,
    cause: error,
  });
}

function tooSlow(name: string, timeoutMs: number): OperationalError {
  return new OperationalError({
    code: "planning-timeout",
    what: `${name} did not answer within ${duration(timeoutMs)}`,
    next: `give it longer: planning: timeout in nightcrew.yaml; ${otherWays}`,
  });
}

function stopped(name: string): OperationalError {
  return new OperationalError({
    code: "daemon-stopped",
    what: `The daemon was stopped while ${name} was asked for a plan`,
    why: "nothing was begun",
    next: "the same command again",
    exitCode: 1,
  });
}
