import { addUsage } from "../../domain/usage.ts";
import { noUsage, type AgentEvent, type Usage } from "../../domain/agent-event.ts";
import { fenced } from "../../domain/decompose/fence.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { lastLines, singleLine } from "../../std/text.ts";
import type { Asking, Driver, DriverJob } from "../agents/driver.ts";
import type { Asker, Question, Said } from "./asker.ts";
import { endpointName } from "./endpoint.ts";
import { stopped } from "./endpoint-errors.ts";
import { NoReply, type ModelReply, type Transport } from "./transport.ts";

export interface AgentMeans {
  /** Of the roster. */
  readonly name: string;
  readonly model: string | null;
  readonly driver: Driver & { readonly asking: Asking };
  /** As its reader is to see it. */
  readonly job: DriverJob;
  /** The body of a request is the prompt, that of a reply its stdout; a status other than 200 is an exit code other than 0. */
  readonly transport: Transport;
  /** What a program complains of may name its key. */
  readonly redact: (text: string) => string;
}

/** Asks an agent's program that changes nothing, where there is no endpoint to ask. */
export class AgentAsker implements Asker {
  readonly name: string;
  readonly model: string | null;
  private readonly means: AgentMeans;

  constructor(means: AgentMeans) {
    const { name, model } = means;
    this.means = means;
    this.model = model;
    this.name = model === null ? `agent ${name}` : endpointName({ model, name: `agent ${name}` });
  }

  async ask(question: Question, signal: AbortSignal): Promise<Said> {
    const { name, driver, job, transport, redact } = this.means;
    const request = { url: `agent:${name}`, headers: {}, body: promptOf(question) };
    const reply = await transport.send(request, signal).catch((error: unknown) => {
      if (signal.aborted) throw stopped(this.name);
      throw error instanceof NoReply ? gaveNothing(name, redact(error.message)) : error;
    });
    const events = eventsOf(driver, job, reply);
    const text = driver.asking.answer(reply.body);
    const failed = events.findLast((event) => event.type === "final" && !event.ok);
    if (failed?.type === "final" && !failed.ok) throw gaveNothing(name, redact(failed.message));
    if (text === "") throw gaveNothing(name, singleLine(redact(lastLines(reply.body, 1)), 200) || "it said nothing");
    return { text, cut: false, usage: events.reduce(usageAfter, noUsage) };
  }
}

/** Such a program takes one text: what was said before stands in it. */
function promptOf({ system, turns }: Question): string {
  const said = turns.map(({ role, text }) => (role === "user" ? text : fenced("your answer before", text)));
  return [system, "You have no tools. Answer at once, and only with the JSON.", ...said].join("\n\n");
}

function eventsOf(driver: Driver, job: DriverJob, { body, status }: ModelReply): AgentEvent[] {
  const reader = driver.reader(job);
  const events = body.split("\n").flatMap((line) => reader.line(line, false));
  return [...events, ...reader.ended({ code: status === 200 ? 0 : 1, signal: null })];
}

/** What counts from the beginning goes before what was added up. */
function usageAfter(usage: Usage, event: AgentEvent): Usage {
  if (event.type !== "usage") return usage;
  if (event.basis === "delta") return addUsage(usage, event.usage);
  const said = Object.entries(event.usage).filter(([, value]) => value !== null);
  return { ...usage, ...Object.fromEntries(said) };
}

function gaveNothing(name: string, why: string): OperationalError {
  return new OperationalError({
    code: "planning-agent",
    what: `Agent ${name} was asked for a plan and gave none`,
    why,
    next: `see whether it can be used: nightcrew agents probe ${name}; or have the text done as one task: --as-tasks`,
  });
}
