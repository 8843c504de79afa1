import { client, RequestError, type ClientContext } from "@agentclientprotocol/sdk";
import type { AgentEvent } from "../../domain/agent-event.ts";
import { failed, type FinalEvent } from "../failure-cause.ts";
import type { BridgeOptions } from "../options.ts";
import type { Questions } from "../questions.ts";
import { within } from "../within.ts";
import { isInside } from "../workspace-path.ts";
import type { AgentProcess } from "./agent-process.ts";
import { judge, outcomeOf, permissionRequestOf } from "./permission.ts";
import { finalOfError, finalOfStop, openSession } from "./session.ts";
import { promptTokens } from "./tokens.ts";
import { fieldsOf } from "../untrusted.ts";
import { makeUpdateReader } from "./updates.ts";

/** An agent that has not opened its session by then never will. */
const openTimeoutMs = 120_000;
/** How long it has to answer a cancel. */
const cancelGraceMs = 4_000;

export interface Conversation {
  readonly prompt: string;
  readonly workspace: string;
  readonly options: BridgeOptions;
  readonly questions: Questions;
  /** The next message that somebody sent meanwhile; undefined where there is none. */
  readonly nextMessage: () => string | undefined;
  /** Aborted when the work is to be ended, by whomever. */
  readonly cancelled: AbortSignal;
  readonly emit: (event: AgentEvent) => void;
}

/** Has the agent do the work; resolves with how that ended, also where the agent fails. Does not end the agent. */
export async function converse(agent: AgentProcess, talk: Conversation): Promise<FinalEvent> {
  const stop = new AbortController();
  const updates = makeUpdateReader(() => performance.now());
  /** What a loaded session replays is old news. */
  let live = false;
  let limitReached = false;
  const { maxTurns } = talk.options;
  const app = client({ name: "nightcrew" })
    .onNotification("session/update", raw, ({ params }) => {
      if (!live) return;
      for (const event of updates.read(fieldsOf(params)["update"])) talk.emit(event);
      if (maxTurns === null || updates.turns() <= maxTurns || limitReached) return;
      limitReached = true;
      stop.abort();
    })
    .onRequest(
      "session/request_permission",
      raw,
      async ({ params }) => await decidePermission(params, talk, stop.signal),
    )
    // Files and terminals of ours were not offered; some agents ask all the same, and go on without.
    .onRequest("*", () => {
      throw new RequestError(-32_601, "this client does not offer that");
    })
    .onNotification("*", () => undefined);
  const connection = app.connect(agent.stream);
  const onCancel = () => stop.abort();
  talk.cancelled.addEventListener("abort", onCancel);
  if (talk.cancelled.aborted) onCancel();
  try {
    const work = workOf(connection.agent, talk, stop.signal, (is) => {
      live = is;
    });
    const first = await Promise.race([work, brokenOff(agent)]);
    // Its messages end a moment before it is known why.
    const gone = connection.signal.aborted && !first.ok;
    const final = gone ? await within(brokenOff(agent), 1_000, first) : first;
    for (const event of updates.flush()) talk.emit(event);
    if (limitReached) return failed("turn-limit", `it was ended after ${String(maxTurns)} turns`);
    return stop.signal.aborted ? failed("cancelled", "it was cancelled") : final;
  } finally {
    talk.cancelled.removeEventListener("abort", onCancel);
    talk.questions.close();
    connection.close();
  }
}

/** What is sent is looked at by whoever uses it: an agent that breaks the schema is put up with. */
function raw(params: unknown): unknown {
  return params;
}

async function workOf(
  agent: ClientContext,
  talk: Conversation,
  stop: AbortSignal,
  setLive: (live: boolean) => void,
): Promise<FinalEvent> {
  try {
    const opening = openSession({ ...talk, agent });
    const session = await within(Promise.race([opening, ended(stop)]), openTimeoutMs, "late" as const);
    if (session === "late") return failed("other", `it opened no session within ${openTimeoutMs / 1_000} s`);
    if (session === "stopped") return failed("cancelled", "it was cancelled");
    talk.emit({ type: "session", id: session.id });
    setLive(true);
    let text: string | undefined = talk.prompt;
    let final: FinalEvent = { type: "final", ok: true };
    while (text !== undefined) {
      const result = await prompted(agent, session.id, text, stop);
      if (result === "stopped") return failed("cancelled", "it was cancelled, and did not answer that");
      for (const event of promptTokens(result, session.agentName)) talk.emit(event);
      final = finalOfStop(result);
      text = final.ok ? talk.nextMessage() : undefined;
    }
    return final;
  } catch (error) {
    return finalOfError(error);
  }
}

/** The agent's answer to a prompt; after a cancel it has a moment for it. */
async function prompted(agent: ClientContext, sessionId: string, text: string, stop: AbortSignal): Promise<unknown> {
  const answer = agent.request("session/prompt", { sessionId, prompt: [{ type: "text", text }] });
  const first = await Promise.race([answer, ended(stop)]);
  if (first !== "stopped") return first;
  await agent.notify("session/cancel", { sessionId });
  return await within(answer, cancelGraceMs, "stopped");
}

async function decidePermission(params: unknown, talk: Conversation, stop: AbortSignal): Promise<unknown> {
  const request = permissionRequestOf(params);
  const judgement = judge(request, talk.options.permissions, (path) => isInside(talk.workspace, path));
  if (judgement === "ask") {
    const granted = await talk.questions.ask(request.asked);
    if (stop.aborted) return { outcome: { outcome: "cancelled" } };
    return outcomeOf(request, granted);
  }
  talk.emit({ type: "permission", asked: request.asked, answer: judgement });
  return outcomeOf(request, judgement === "granted");
}

async function brokenOff(agent: AgentProcess): Promise<FinalEvent> {
  return failed("other", await Promise.race([agent.ended, agent.broken]));
}

function ended(signal: AbortSignal): Promise<"stopped"> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("stopped");
    else signal.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
}
