import { parseArgs, type ParseArgsConfig } from "node:util";
import { messageOf, OperationalError } from "../std/operational-error.ts";

export const permissionPolicies = ["allow", "deny", "ask"] as const;
export type PermissionPolicy = (typeof permissionPolicies)[number];

/** What both bridges are told on their command line. */
export interface BridgeOptions {
  readonly promptFile: string;
  readonly model: string | null;
  /** Session to go on with. */
  readonly resume: string | null;
  readonly maxTurns: number | null;
  /** Base URL of the model's endpoint. */
  readonly endpoint: string | null;
  readonly permissions: PermissionPolicy;
  /** How long a permission waits for its answer. */
  readonly answerTimeoutMs: number;
  /** Options of one bridge alone, by name. */
  readonly own: Readonly<Record<string, string | undefined>>;
  /** What stands behind `--`. */
  readonly rest: readonly string[];
}

const shared = ["prompt-file", "model", "resume", "max-turns", "endpoint", "permissions", "answer-timeout"];

/** Throws an `OperationalError` for a command line it does not understand. `own`: names of further options with a value. */
export function readOptions(argv: readonly string[], own: readonly string[]): BridgeOptions {
  const values = valuesOf(argv, [...shared, ...own]);
  const promptFile = values.named["prompt-file"];
  if (promptFile === undefined) throw usage("--prompt-file is missing");
  const permissions = permissionPolicies.find((policy) => policy === (values.named["permissions"] ?? "allow"));
  if (permissions === undefined) throw usage(`--permissions is one of ${permissionPolicies.join(", ")}`);
  return {
    promptFile,
    model: values.named["model"] ?? null,
    resume: values.named["resume"] ?? null,
    maxTurns: positive("max-turns", values.named["max-turns"]),
    endpoint: values.named["endpoint"] ?? null,
    permissions,
    answerTimeoutMs: 1_000 * (positive("answer-timeout", values.named["answer-timeout"]) ?? 600),
    own: values.named,
    rest: values.rest,
  };
}

function valuesOf(argv: readonly string[], names: readonly string[]) {
  const cut = argv.indexOf("--");
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" }])) as ParseArgsConfig["options"];
  try {
    const { values } = parseArgs({ args: argv.slice(0, cut === -1 ? undefined : cut), options: options ?? {} });
    return { named: values as Record<string, string | undefined>, rest: cut === -1 ? [] : argv.slice(cut + 1) };
  } catch (error) {
    throw usage(messageOf(error));
  }
}

function positive(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usage(`--${name} is a number of at least 1`);
  return Number(text);
}

function usage(what: string): OperationalError {
  return new OperationalError({ code: "usage", what });
}
