import { isAbsolute, join, resolve, sep } from "node:path";
import type { PlanRequest } from "../../api/contract.ts";
import type { Config } from "../../adapters/config/schema.ts";
import { findSandbox, type FoundSandbox } from "../../adapters/sandbox/find-sandbox.ts";
import { knownSecretPlaces } from "../../adapters/sandbox/secret-places.ts";
import type { Environment } from "../../domain/environment.ts";
import type { SandboxRules } from "../../domain/run.ts";
import { sandboxChoice } from "../sandbox-choice.ts";
import { OperationalError } from "../../std/operational-error.ts";

/** `auto`: where there is one. `allow-none`: the same, and without one where there is none. `none`: never. */
export type SandboxChoice = "auto" | "allow-none" | "none";

export interface SandboxWishes {
  readonly path: string;
  readonly home: string;
  readonly choice: SandboxChoice;
  /** For this run. */
  readonly allowUnsandboxed: boolean;
}

export interface ChosenSandbox {
  readonly rules: SandboxRules;
  readonly notes: readonly string[];
  /** Why nothing may be run: there is none, and nobody said that it may be done without. */
  readonly refusal: OperationalError | null;
}

/** For what was submitted. `home`: NIGHTCREW_HOME. */
export async function sandboxFor(
  { allowUnsandboxed }: Pick<PlanRequest, "allowUnsandboxed">,
  { config, settings, home }: { readonly config: Config; readonly settings: Environment; readonly home: string },
): Promise<ChosenSandbox> {
  return chooseSandbox(config, {
    path: settings["PATH"] ?? "",
    home: settings["HOME"] ?? "",
    choice: await sandboxChoice(home, settings["NIGHTCREW_SANDBOX"]),
    allowUnsandboxed: allowUnsandboxed === true,
  });
}

/** What the run's agents and checks run in. Never silently without: that takes a person's word. */
export async function chooseSandbox(
  config: Config,
  { path, home, choice, allowUnsandboxed }: SandboxWishes,
): Promise<ChosenSandbox> {
  const { hosts } = config.sandbox;
  const readable = config.sandbox.readable.map((place) => readablePlace(place, home));
  if (choice === "none") return unsandboxed("by the settings of this home");
  const found = await findSandbox(path);
  if (found.kind === "bubblewrap") {
    return { rules: { name: "bubblewrap", hosts, readable }, notes: [], refusal: null };
  }
  const allowed = choice === "allow-none" || allowUnsandboxed;
  return { ...unsandboxed(whyText(found)), refusal: allowed ? null : noSandbox(found) };
}

function unsandboxed(why: string): ChosenSandbox {
  return {
    rules: { name: "none", hosts: [], readable: [] },
    notes: [`unsandboxed (${why}): agents and checks can read and write whatever you can`],
    refusal: null,
  };
}

function readablePlace(place: string, home: string): string {
  const path = place === "~" || place.startsWith("~/") ? join(home, place.slice(1)) : place;
  if (!isAbsolute(path)) throw notReadable(place, "it is not an absolute path, nor one below ~");
  const at = resolve(path);
  const secret = knownSecretPlaces(home).find(
    (known) => at === known || at.startsWith(known + sep) || known.startsWith(at + sep),
  );
  if (secret !== undefined) throw notReadable(place, `${secret} holds secrets`);
  return at;
}

function notReadable(place: string, why: string): OperationalError {
  return new OperationalError({
    code: "invalid-sandbox",
    what: `\`sandbox: readable:\` cannot name ${place}`,
    why,
    next: "correct it in nightcrew.yaml",
  });
}

function whyText({ why, detail }: Extract<FoundSandbox, { kind: "none" }>): string {
  const words = {
    platform: "there is none for this platform",
    "not-installed": "bubblewrap is not installed",
    "user-namespaces-off": "user namespaces are switched off",
    apparmor: "AppArmor keeps bubblewrap from making user namespaces",
    "too-old": "bubblewrap is too old",
    "does-not-work": "bubblewrap does not work here",
  }[why];
  return detail === null ? words : `${words}: ${detail}`;
}

function noSandbox(found: Extract<FoundSandbox, { kind: "none" }>): OperationalError {
  return new OperationalError({
    code: "no-sandbox",
    what: "There is no sandbox to run agents in",
    why: whyText(found),
    next: `${found.mend === null ? "" : `${found.mend}, or `}run them without: --allow-unsandboxed`,
  });
}
