import { statSync } from "node:fs";
import { join } from "node:path";
import type { AgentPriceView } from "../../api/views.ts";
import { findProgram } from "../../adapters/process/find-program.ts";
import { driverNames, type Agent } from "../../domain/agent.ts";
import { ownPriceOf, priceOf, type OwnPrices } from "../../domain/prices.ts";
import { errnoOf } from "../../std/operational-error.ts";
import { nearest } from "../../std/text.ts";
import { driverFor, type Surroundings } from "../submission/roster.ts";
import { accountOf, type Account } from "./findings.ts";

/** What is known of an agent without starting anything. */
export interface Facts {
  readonly program: string | null;
  /** Programs of agents that are there, which may have been meant. */
  readonly near: readonly string[];
  readonly account: Account;
}

export function factsOf(agent: Agent, { checkout, settings, variables }: Surroundings): Facts {
  const path = settings["PATH"] ?? "";
  const home = settings["HOME"] ?? "";
  const { program: usual, probe } = driverFor(agent.driver);
  const [wanted] = agent.command;
  const program = wanted === undefined ? null : findProgram(wanted, path, checkout);
  const mistyped = wanted !== undefined && program === null && wanted !== usual;
  return {
    program,
    near: mistyped ? nearest(wanted, programsThere(path, checkout)) : [],
    account: accountOf(agent, probe, { variables, isThere: (file) => isFile(join(home, file)) }),
  };
}

function programsThere(path: string, checkout: string): string[] {
  const programs = driverNames.flatMap((name) => driverFor(name).program ?? []);
  return programs.filter((program) => findProgram(program, path, checkout) !== null);
}

export function priceView({ cost, model }: Agent, prices: OwnPrices): AgentPriceView {
  const { perAttempt: perAttemptUsd, perMillion } = cost;
  if (perAttemptUsd !== null || perMillion !== null) return { from: "settings", perAttemptUsd, perMillion };
  const own = ownPriceOf(model ?? "", prices);
  if (own !== null) return { from: "settings", perAttemptUsd: null, perMillion: own };
  const price = priceOf(model ?? "");
  return { from: price === null ? "unknown" : "table", perAttemptUsd: null, perMillion: price };
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES", "ELOOP", "ENAMETOOLONG"].includes(errnoOf(error) ?? "")) return false;
    throw error;
  }
}
