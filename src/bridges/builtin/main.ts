import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { OperationalError } from "../../std/operational-error.ts";
import { bridge, runBridge, type Talk } from "../bridge.ts";
import { failed, type FinalEvent } from "../failure-cause.ts";
import { readOptions, type BridgeOptions } from "../options.ts";
import { approval, tools, type ToolName } from "./approval.ts";
import { makeBackend } from "./backend.ts";
import { overlayTree, realTree } from "./file-tree.ts";
import { makeModelFetch } from "./model-requests.ts";
import { placed, workspaceModes, type WorkspaceMode } from "./place.ts";
import { keyNames, providerOf } from "./provider.ts";
import { openSession, type Session } from "./session-file.ts";
import { makeShell } from "./shell.ts";

const ownOptions = ["workspace", "ask", "retries", "session-folder"];

/**
 * An agent of our own, which does one piece of work in the current folder: `--prompt-file F [--model M] [--resume ID]
 * [--session-folder DIR] [--max-turns N] [--endpoint URL] [--permissions allow|deny|ask] [--ask TOOL,…]
 * [--workspace virtual|sandboxed|full] [--retries N]`.
 */
async function main(): Promise<void> {
  // What stands behind `--` are options of ours too: there is no command behind this agent.
  const argv = process.argv.slice(2).filter((word) => word !== "--");
  const options = readOptions(argv, ownOptions);
  const mode = workspaceModes.find((name) => name === (options.own["workspace"] ?? "sandboxed"));
  if (mode === undefined) throw usage(`--workspace is one of ${workspaceModes.join(", ")}`);
  const asked = askedTools(options.own["ask"]);
  const retries = options.own["retries"] ?? "3";
  if (!/^\d$/.test(retries)) throw usage("--retries is a number from 0 to 9");
  const prompt = await readFile(options.promptFile, "utf8");
  const session = openSession(options.own["session-folder"] ?? sessionFolder(process.env), options.resume);
  await bridge(options, (talk) => work({ options, mode, asked, retries: Number(retries), prompt, session, talk }));
}

interface Job {
  readonly options: BridgeOptions;
  readonly mode: WorkspaceMode;
  readonly asked: readonly ToolName[];
  readonly retries: number;
  readonly prompt: string;
  readonly session: Session;
  readonly talk: Talk;
}

async function work({ options, mode, asked, retries, prompt, session, talk }: Job): Promise<FinalEvent> {
  const provider = providerOf(process.env, options);
  if ("type" in provider) return provider;
  talk.emit({ type: "session", id: session.id });
  if (options.resume !== null && session.messages.length === 0) {
    talk.emit({ type: "progress", percent: null, message: "nothing is kept of that session: it begins anew" });
  }
  const workspace = process.cwd();
  const shell = mode === "virtual" ? null : makeShell(workspace, withoutKeys(process.env));
  const overlay = overlayTree(realTree);
  // The first end counts: what fails after it fails because of it.
  const stop = new AbortController();
  const ends: FinalEvent[] = [];
  const end = (final: FinalEvent) => {
    ends.push(final);
    stop.abort();
  };
  const signal = AbortSignal.any([stop.signal, talk.cancelled]);
  const { emit, questions } = talk;
  const backend = makeBackend({
    tree: mode === "virtual" ? overlay : realTree,
    place: (path) => placed(workspace, mode, path),
    approve: approval(options.permissions, asked, questions, emit),
    shell,
    emit,
    signal,
  });
  const fetch = makeModelFetch({ maxTurns: options.maxTurns, retries, emit, stop: end, signal });
  const instructions = instructionsFor(workspace, mode);
  try {
    const { runAgent } = await loadAgent();
    const { nextMessage } = talk;
    const final = await runAgent({
      prompt,
      instructions,
      provider,
      fetch,
      backend,
      session,
      nextMessage,
      emit,
      signal,
    });
    if (mode === "virtual" && final.ok) overlay.writeOut();
    return final;
  } catch (error) {
    if (talk.cancelled.aborted) return failed("cancelled", "it was cancelled");
    const { finalOfError } = await loadAgent();
    return ends[0] ?? finalOfError(error);
  } finally {
    await shell?.end();
  }
}

/** Where other agents keep their sessions too: in the state of whoever runs it. */
function sessionFolder(env: NodeJS.ProcessEnv): string {
  return join(env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "nightcrew", "agent-sessions");
}

/** Only now: the libraries take a second to load, and look at the environment as they do. */
async function loadAgent() {
  for (const name of ["LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGCHAIN_CALLBACKS_BACKGROUND"]) {
    process.env[name] = "false";
  }
  return await import("./agent.ts");
}

function instructionsFor(workspace: string, mode: WorkspaceMode): string {
  return [
    `You are a coding agent that works alone in the folder ${workspace}. Nobody reads along or answers questions.`,
    "Do the whole task, check what you did, and end with a short summary. Where something cannot be done, say so.",
    `File paths are real ones: absolute below ${workspace}, or relative to it.`,
    mode === "full" ? "" : "Files elsewhere cannot be touched.",
    mode === "virtual" ? "There is no shell. Your edits are written out when you are done." : "",
    "Do not commit: that is done for you.",
  ]
    .filter((line) => line !== "")
    .join("\n");
}

/** Commands of the agent need no key of its model. */
function withoutKeys(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const hidden = new Set<string>(keyNames);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !hidden.has(name)));
}

function askedTools(list: string | undefined): readonly ToolName[] {
  const names = (list ?? "").split(",").filter((name) => name !== "");
  return names.map((name) => {
    const tool = tools.find((known) => known === name);
    if (tool === undefined) throw usage(`--ask knows no tool ${name}, but ${tools.join(", ")}`);
    return tool;
  });
}

function usage(what: string): OperationalError {
  return new OperationalError({ code: "usage", what });
}

runBridge(main);
