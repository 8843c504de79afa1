import { RequestError, type ClientContext } from "@agentclientprotocol/sdk";
import { messageOf, OperationalError } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
import type { AgentEvent } from "../../domain/agent-event.ts";
import { failed, failedRequest, type FinalEvent } from "../failure-cause.ts";
import type { BridgeOptions } from "../options.ts";
import { fieldsOf, listOf, textOf, type Fields } from "../untrusted.ts";

/** A session that is open, and by whom. */
export interface OpenSession {
  readonly id: string;
  readonly agentName: string | null;
}

export interface Opening {
  readonly agent: ClientContext;
  readonly workspace: string;
  readonly options: BridgeOptions;
  readonly emit: (event: AgentEvent) => void;
}

/** What ends the work before it began, as the final event. */
export class SessionError extends Error {
  override readonly name = "SessionError";
  readonly final: FinalEvent;

  constructor(final: FinalEvent) {
    super("the session could not be opened");
    this.final = final;
  }
}

/** Opens or goes on with a session, with the model and the mode that are wanted. Throws a `SessionError` where it cannot. */
export async function openSession(opening: Opening): Promise<OpenSession> {
  const { agent, options } = opening;
  const hello = fieldsOf(
    await agent.request("initialize", {
      protocolVersion: 1,
      clientInfo: { name: "nightcrew", version: "1" },
      // It works on the files itself, where the runner can see and confine it.
      clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
    }),
  );
  if (hello["protocolVersion"] !== 1) {
    const version = singleLine(JSON.stringify(hello["protocolVersion"] ?? null), 40);
    throw new SessionError(failed("other", `it speaks version ${version} of the Agent Client Protocol, not 1`));
  }
  const login = options.own["auth"];
  if (login !== undefined) await agent.request("authenticate", { methodId: login });
  const session = await sessionOf(opening, hello);
  await chooseModel(opening, session);
  await chooseMode(opening, session);
  return { id: session.id, agentName: textOf(fieldsOf(hello["agentInfo"])["name"]) };
}

interface Answered {
  readonly id: string;
  readonly answer: Fields;
}

async function sessionOf({ agent, workspace, options, emit }: Opening, hello: Fields): Promise<Answered> {
  const { resume } = options;
  const place = { cwd: workspace, mcpServers: [] };
  const method = resume === null ? null : resumeMethod(fieldsOf(hello["agentCapabilities"]));
  if (resume !== null && method !== null) {
    const answer = await agent.request(method, { ...place, sessionId: resume });
    return { id: resume, answer: fieldsOf(answer) };
  }
  if (resume !== null) {
    emit({ type: "progress", percent: null, message: "this agent cannot go on with a session: it begins a new one" });
  }
  const answer = fieldsOf(await agent.request("session/new", place));
  const id = textOf(answer["sessionId"]);
  if (id === null) throw new SessionError(failed("other", "it opened no session"));
  return { id, answer };
}

/** Without the replay of what was said, where there is a choice. */
function resumeMethod(capabilities: Fields): string | null {
  const resumes = fieldsOf(capabilities["sessionCapabilities"])["resume"];
  if (resumes !== undefined && resumes !== null && resumes !== false) return "session/resume";
  return capabilities["loadSession"] === true ? "session/load" : null;
}

interface Choice {
  readonly values: readonly string[];
  choose(value: string): Promise<unknown>;
}

/** Something that can be chosen for a session, by the two ways agents have for it; null where it is not offered. */
function choiceOf(agent: ClientContext, { id: sessionId, answer }: Answered, what: "model" | "mode"): Choice | null {
  const option = listOf(answer["configOptions"])
    .map(fieldsOf)
    .find(({ category, id }) => category === what || id === what);
  const configId = textOf(option?.["id"]);
  if (option !== undefined && configId !== null) {
    const values = listOf(option["options"]).flatMap((entry) => {
      const { value, options } = fieldsOf(entry);
      return value === undefined ? listOf(options).map((inner) => fieldsOf(inner)["value"]) : [value];
    });
    const choose = (value: string) => agent.request("session/set_config_option", { sessionId, configId, value });
    return { values: values.filter((value) => typeof value === "string"), choose };
  }
  const offered = what === "model" ? ["models", "availableModels", "modelId"] : ["modes", "availableModes", "id"];
  const [group = "", list = "", member = ""] = offered;
  const values = listOf(fieldsOf(answer[group])[list]).map((entry) => textOf(fieldsOf(entry)[member]));
  if (values.length === 0) return null;
  const choose = (value: string) =>
    what === "model"
      ? agent.request("session/set_model", { sessionId, modelId: value })
      : agent.request("session/set_mode", { sessionId, modeId: value });
  return { values: values.filter((value) => value !== null), choose };
}

async function chooseModel({ agent, options, emit }: Opening, session: Answered): Promise<void> {
  const { model } = options;
  if (model === null) return;
  const choice = choiceOf(agent, session, "model");
  if (choice === null) {
    const message = `this agent offers no choice of models: it uses its own, not ${singleLine(model, 100)}`;
    return emit({ type: "progress", percent: null, message });
  }
  // Some agents decorate names: `provider/model`, `runtime|provider|model(provider)`.
  const value = choice.values.find((name) => name === model) ?? choice.values.find((name) => isNamed(name, model));
  if (value === undefined) {
    const offered = choice.values.slice(0, 20).join(", ");
    throw new SessionError(failed("unknown-model", `it does not offer the model ${model}, but ${offered}`));
  }
  await choice.choose(value);
}

function isNamed(offered: string, model: string): boolean {
  const plain = offered.replace(/\([^()]*\)$/, "");
  return plain === model || plain.endsWith(`/${model}`) || plain.endsWith(`|${model}`);
}

/** Modes in which an agent asks before it acts, by the names in use, strictest first. */
const askingModes = { allow: [], ask: ["default", "ask", "manual"], deny: ["read-only", "default", "ask", "manual"] };

async function chooseMode({ agent, options }: Opening, session: Answered): Promise<void> {
  const choice = choiceOf(agent, session, "mode");
  const wanted = options.own["mode"];
  if (wanted !== undefined && choice?.values.includes(wanted) !== true) {
    const offered = choice === null ? "none" : choice.values.slice(0, 20).join(", ");
    throw new SessionError(failed("other", `it does not offer the mode ${wanted}, but ${offered}`));
  }
  const modes: readonly string[] = wanted === undefined ? askingModes[options.permissions] : [wanted];
  const mode = modes.find((name) => choice?.values.includes(name) === true);
  if (mode !== undefined) await choice?.choose(mode);
}

/** `-32000` of the protocol: it must be logged in first. */
const authenticationRequired = -32_000;

/** What a request that the agent refused means for the work. */
export function finalOfError(error: unknown): FinalEvent {
  if (error instanceof SessionError) return error.final;
  if (error instanceof OperationalError) return failed("other", error.message);
  if (!(error instanceof RequestError)) return failedRequest(messageOf(error));
  if (error.code === authenticationRequired) {
    return failed("unauthorized", `it must be logged in first: ${error.message}`);
  }
  const data = fieldsOf(error.data);
  const details = textOf(error.data) ?? textOf(data["details"]) ?? textOf(data["message"]);
  const message = details === null || error.message.includes(details) ? error.message : `${error.message}: ${details}`;
  const status = [data["status"], data["statusCode"], data["code"], error.code].find(
    (value) => typeof value === "number" && value >= 400 && value < 600,
  );
  return failedRequest(message, typeof status === "number" ? status : undefined);
}

/** What the reason why the agent stopped means for the work. */
export function finalOfStop(result: unknown): FinalEvent {
  const reason = fieldsOf(result)["stopReason"];
  switch (reason) {
    case "end_turn":
      return { type: "final", ok: true };
    case "max_tokens":
      return failed("turn-limit", "the model's answer reached the limit of tokens");
    case "max_turn_requests":
      return failed("turn-limit", "it reached its limit of requests to the model");
    case "refusal":
      return failed("refused", "the model declined the work");
    case "cancelled":
      return failed("cancelled", "it was cancelled");
    default:
      return failed(
        "other",
        `it stopped for a reason that is not known: ${singleLine(JSON.stringify(reason ?? null), 100)}`,
      );
  }
}
