import type { AgentEvent } from "../../domain/agent-event.ts";
import type { Environment } from "../../domain/environment.ts";
import type { DriverName, Permissions } from "../../domain/agent.ts";

/** One attempt, as a driver sees it. All paths are absolute and as the agent will see them. */
export interface DriverJob {
  /** What is asked of the agent; may have hundreds of kilobytes. */
  readonly prompt: string;
  /** A file that holds `prompt`; read-only for the agent. */
  readonly promptFile: string;
  /** The work tree: the agent's working directory. */
  readonly workspace: string;
  /** An empty folder of this attempt's own, which the agent may write to: `Launch.files` go there. */
  readonly scratch: string;
  /** Program and leading arguments; never empty. Where the configuration names none: `[driver.program]`. */
  readonly command: readonly string[];
  /** Further arguments from the configuration. */
  readonly args: readonly string[];
  readonly model: string | null;
  /** Base URL of the model's endpoint, where the configuration names one; null: the agent's own default. */
  readonly endpoint: string | null;
  /** Turns after which it is ended; also told to the agent where it knows such a limit. */
  readonly maxTurns: number | null;
  /** What it may cost at most, for agents that hold back by themselves; null: not limited. USD. */
  readonly maxCostUsd: number | null;
  /**
   * `deny`: it may read and edit in its workspace, and whatever it would have to ask a person for is denied. `ask`: a person
   * answers. Never one that is not among its driver's `Traits.permissions`.
   */
  readonly permissions: Permissions;
  /** It reads lines on its stdin while it works; of driver `command`, where the configuration says so. */
  readonly converses: boolean;
  /** Session of an earlier attempt to go on with. */
  readonly resume: string | null;
  /** A sandbox of ours is around it: the agent's own is off. */
  readonly sandboxed: boolean;
  /** What the agent will find in its environment, keys among it, before `Launch.env` is laid over it. */
  readonly environment: Environment;
}

/** How an agent is started. Nothing here is run by a shell. */
export interface Launch {
  readonly argv: readonly string[];
  /** Laid over `DriverJob.environment`. */
  readonly env: Environment;
  /** Written before the start, mode 0600. Paths are absolute, below `DriverJob.scratch`. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Written to its stdin, which is then closed; null: stdin is closed from the start. */
  readonly stdin: string | null;
  /** Its stdin stays open after `stdin`, for `message` and `answer`: lines of JSON. Only where the driver can converse. */
  readonly converses: boolean;
}

/** Turns an agent's output into events. One per attempt; must not throw, whatever it is given. */
export interface Reader {
  /** Only lines that begin with `{` mean anything to it, whichever stream they come on; nobody needs to tell it of others. */
  readonly objectsOnly?: true;
  /**
   * Whether a line of stdout, here with one character for each of its bytes, can tell of nothing but a message, or nothing but
   * progress: of several of a kind in a row nobody needs to tell it of any but the last that tells something.
   */
  readonly newsOf?: (line: string) => "message" | "progress" | null;
  /** A line of stdout without its end, at most 1 MiB; `cut`: it was longer, and the rest is gone. */
  line(text: string, cut: boolean): readonly AgentEvent[];
  /** A line of stderr: some agents tell of limits and refusals only there. */
  errorLine(text: string): readonly AgentEvent[];
  /** The process has ended. What can only be told now, such as a final event that no line told of. */
  ended(exit: { readonly code: number | null; readonly signal: string | null }): readonly AgentEvent[];
}

/** What a driver's agent can do, whichever version is installed. */
export interface Traits {
  /** A `final` event with `ok` is needed before its work counts as finished. Not so for plain commands. */
  readonly saysFinal: boolean;
  readonly resumes: boolean;
  readonly converses: boolean;
  readonly usage: "cost" | "tokens" | "none";
  /** What of `permissions:` can be asked of it. */
  readonly permissions: readonly Permissions[];
}

/** How it is found out, without spending anything, whether an agent can be used. */
export interface Probe {
  /** Behind the agent's command; prints its version and ends. */
  readonly versionArgs: readonly string[];
  /** The version in that output; null where it is not there. */
  version(output: string): string | null;
  /** Versions this driver was tried with, oldest first. */
  readonly tried: readonly string[];
  /** Environment variables of which one must be set, unless one of `loginFiles` is there. */
  readonly keys: readonly string[];
  /** Relative to HOME: files that show that somebody is logged in. */
  readonly loginFiles: readonly string[];
  /** Behind the agent's command; its output must name every one of `flags`. Null: not looked at. */
  readonly helpArgs: readonly string[] | null;
  readonly flags: readonly string[];
}

/** How an agent is only asked something: it changes nothing, and runs nothing, as far as it knows how. */
export interface Asking {
  launch(job: DriverJob): Launch;
  /** The whole text of its last message, in what it printed; empty where there is none. Must not throw, whatever it is given. */
  answer(stdout: string): string;
}

/** Drives one kind of agent. Pure: no I/O, no clock. */
export interface Driver {
  readonly name: DriverName;
  /** The program where the configuration names none; null: it must. */
  readonly program: string | null;
  readonly traits: Traits;
  readonly probe: Probe | null;
  /** Of whose quota it uses: the name of a provider account, such as `anthropic`. */
  readonly provider: string | null;
  /** Hosts it must reach to work with its own endpoint. */
  readonly hosts: readonly string[];
  /** What its agent reads on stdin of what a person says while it works; there where its agents can be told. */
  message?(said: { readonly id: string; readonly text: string }): string;
  launch(job: DriverJob): Launch;
  reader(job: DriverJob): Reader;
  /** There where it can be asked without working. */
  readonly asking?: Asking;
}
