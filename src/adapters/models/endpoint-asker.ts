import { printable, singleLine } from "../../std/text.ts";
import { basicOf } from "../sandbox/upstream.ts";
import type { Asker, Question, Said } from "./asker.ts";
import { chatAnswer, complaintOf, hiddenStatus } from "./chat-answer.ts";
import { chatBody, firstManner, plainer, type Manner } from "./chat-body.ts";
import { chatUrl, endpointName, type Endpoint } from "./endpoint.ts";
import { noAddress, notAKey, notAnAnswer, refused, stopped, tooSlow, unreachable } from "./endpoint-errors.ts";
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
  /** Some endpoints repeat a key that they refuse. */
  readonly redact: (text: string) => string;
}

interface Sending {
  readonly signal: AbortSignal;
  readonly onTrouble: (trouble: string) => void;
}

const maxManners = 100;

/** Asks a model behind an HTTP endpoint. */
export class EndpointAsker implements Asker {
  readonly name: string;
  readonly model: string;
  private readonly means: EndpointMeans;
  private readonly url: string;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(means: EndpointMeans) {
    const { endpoint } = means;
    this.means = means;
    this.model = endpoint.model;
    this.name = endpointName(endpoint);
    const url = chatUrl(endpoint);
    if (url === null) throw noAddress(endpoint);
    this.headers = headersOf(means, url);
    // It has been used by now, and is written down nowhere.
    url.username = url.password = "";
    this.url = url.href;
  }

  async ask(question: Question, stopping: AbortSignal): Promise<Said> {
    const { endpoint, manners, timeoutMs } = this.means;
    const late = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([late, stopping]);
    let trouble: string | null = null;
    const onTrouble = (text: string): void => void (trouble = text);
    try {
      for (let manner = manners.get(this.place) ?? firstManner; ;) {
        const reply: ModelReply = await this.send(question, manner, { signal, onTrouble });
        const isUnclear = reply.status === 400 || reply.status === 422;
        const less: Manner | null = isUnclear ? plainer(manner, endpoint.protocol, complaintOf(reply)) : null;
        if (less === null) return this.read(reply, manner);
        manner = less;
      }
    } catch (error) {
      if (stopping.aborted) throw stopped(this.name);
      if (late.aborted) throw tooSlow(this.name, timeoutMs, trouble);
      if (error instanceof NoReply) throw unreachable(endpoint, error);
      throw error;
    }
  }

  private get place(): string {
    return `${this.url} ${this.model}`;
  }

  private send(question: Question, manner: Manner, { signal, onTrouble }: Sending): Promise<ModelReply> {
    const { endpoint, transport } = this.means;
    const retries = { ...this.means.retries, onTrouble };
    const body = chatBody(endpoint.protocol, question, { ...manner, model: endpoint.model });
    return sendPatiently(transport, { url: this.url, headers: this.headers, body }, retries, signal);
  }

  private read(reply: ModelReply, manner: Manner): Said {
    const { endpoint, manners, redact } = this.means;
    const complaint = (): string => singleLine(printable(redact(complaintOf(reply))), 300);
    const status = reply.status === 200 ? hiddenStatus(reply) : reply.status;
    if (status !== 200) throw refused(endpoint, { ...reply, status, complaint: complaint() });
    const said = chatAnswer(endpoint.protocol, reply);
    if (said === null) throw notAnAnswer(endpoint, complaint());
    // What it refused once it is not asked again.
    if (manners.size < maxManners) manners.set(this.place, manner);
    return said;
  }
}

/** By the key, else by who stands in the address. A header takes neither line ends nor quotes that a program made round. */
function headersOf({ endpoint, key }: EndpointMeans, url: URL): Record<string, string> {
  const isAnthropic = endpoint.protocol === "anthropic";
  const clean = key?.trim() ?? "";
  if (/[^\x21-\x7e]/.test(clean)) throw notAKey(endpoint);
  const basic = basicOf(url);
  return {
    "content-type": "application/json",
    accept: "application/json",
    ...(isAnthropic ? { "anthropic-version": "2023-06-01" } : {}),
    ...(clean === "" && basic !== null ? { authorization: basic } : {}),
    ...(clean === "" ? {} : isAnthropic ? { "x-api-key": clean } : { authorization: `Bearer ${clean}` }),
  };
}
