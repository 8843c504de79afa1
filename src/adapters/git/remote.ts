import { existsSync } from "node:fs";
import type { Environment } from "../../domain/environment.ts";
import { classify } from "../../domain/failure-class.ts";
import type { RemoteFailure } from "../../domain/failure.ts";
import { singleLine } from "../../std/text.ts";
import type { CommandResult } from "../process/run-command.ts";
import { Git } from "./git.ts";
import { branchRef, resolveRef } from "./target.ts";

/** A branch of another repository, as seen from one of the user's checkouts. */
export interface RemotePlace {
  /** Where git is run: an address may be relative to it. */
  readonly checkout: string;
  readonly commonDir: string;
  /** Its name in the repository's configuration. */
  readonly remote: string;
  readonly target: string;
  /** By which the user's git logs in. */
  readonly environment: Environment;
}

export type Fetched =
  /** Null: there is no such branch. */
  { readonly kind: "fetched"; readonly commit: string | null } | Failed;

export type Offered =
  | { readonly kind: "pushed" }
  /** It was not taken; git's words do not say reliably whether for a rule, or because somebody else had pushed before. */
  | { readonly kind: "declined"; readonly failure: RemoteFailure }
  | Failed;

interface Failed {
  readonly kind: "failed";
  readonly failure: RemoteFailure;
}

/** Asked often, and of what is mostly there: what takes longer is an outage. */
const fetchTimeoutMs = 60_000;
/** The first push may have much to bring. */
const pushTimeoutMs = 300_000;

/** What the remote's branch is at, with all its commits here: kept by a ref of nightcrew's own, so that none is pruned. */
export async function fetchTarget(place: RemotePlace): Promise<Fetched> {
  const { remote, target } = place;
  const git = gitAt(place);
  const kept = `refs/nightcrew/remotes/${remote}/${target}`;
  const options = ["--no-tags", "--no-prune", "--no-write-fetch-head", "--no-recurse-submodules", "--quiet"];
  const refspec = `+${branchRef(target)}:${kept}`;
  const args = ["fetch", ...options, "--end-of-options", remote, refspec];
  const result = await git.call(args, { timeoutMs: fetchTimeoutMs, whatever: true });
  if (result.code === 0) return { kind: "fetched", commit: await resolveRef(git, kept) };
  if (/^fatal: couldn't find remote ref/m.test(result.stderr)) return { kind: "fetched", commit: null };
  return { kind: "failed", failure: lost(place, result) };
}

/** Moves the remote's branch forward, or not at all. */
export async function pushTarget(place: RemotePlace, commit: string): Promise<Offered> {
  const { remote, target } = place;
  const git = gitAt(place);
  const options = ["--porcelain", "--no-progress", "--no-follow-tags", "--no-signed", "--recurse-submodules=no"];
  const refspec = `${commit}:${branchRef(target)}`;
  const args = ["push", ...options, "--end-of-options", remote, refspec];
  const result = await git.call(args, { timeoutMs: pushTimeoutMs, whatever: true });
  if (result.code === 0) return { kind: "pushed" };
  const answer = /^!\t\S+\t(.*)$/m.exec(result.stdout.toString())?.[1];
  if (answer === undefined) return { kind: "failed", failure: lost(place, result) };
  const words = [...linesOf(result.stderr, /^remote: /), answer];
  return { kind: "declined", failure: failureOf(place, "refused", words) };
}

function gitAt({ checkout, commonDir, environment }: RemotePlace): Git {
  // Nobody is there to be asked for a password, by whatever program. With a session of its own git has no terminal.
  const env = { ...environment, ...nobodyToAsk };
  const at = existsSync(checkout) ? { cwd: checkout } : { gitDir: commonDir };
  return new Git({ ...at, env, settings: ["core.askPass="] });
}

const nobodyToAsk: NodeJS.ProcessEnv = {
  GCM_INTERACTIVE: "never",
  SSH_ASKPASS_REQUIRE: "never",
  SSH_ASKPASS: undefined,
  DISPLAY: undefined,
  WAYLAND_DISPLAY: undefined,
};

function lost(place: RemotePlace, { code, trouble, stderr }: CommandResult): RemoteFailure {
  if (trouble !== null) return failureOf(place, "unreachable", [trouble]);
  const cause = classify({ text: stderr }).class === "permission" ? "unauthorized" : "unreachable";
  const said = linesOf(stderr, /./);
  return failureOf(place, cause, said.length > 0 ? said : [`git ended with exit code ${code}`]);
}

/** What git adds to each failure of the connection says nothing. */
const empty = /^(?:hint: |To |Please make sure you have the correct access rights|and the repository exists\.)/;

function linesOf(stderr: string, wanted: RegExp): string[] {
  const lines = stderr.split("\n").filter((line) => wanted.test(line) && !empty.test(line));
  return lines.map((line) => line.replace(/^(?:fatal|error|remote): +/, "").trim()).filter((line) => line !== "");
}

/** An address may hold a password. */
function failureOf(
  { remote, target }: RemotePlace,
  cause: RemoteFailure["cause"],
  words: readonly string[],
): RemoteFailure {
  const text = [...new Set(words)]
    .slice(0, 8)
    .join("; ")
    .replace(/:\/\/[^/@\s]*@/g, "://");
  return { reason: "remote-failed", cause, remote, target, detail: singleLine(text, 400) };
}
