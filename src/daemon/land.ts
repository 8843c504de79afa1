import type { Params } from "../api/contract.ts";
import type { LandView } from "../api/queue-views.ts";
import { loadConfig } from "../adapters/config/load-config.ts";
import { isKeptBack } from "../domain/change-state.ts";
import type { Gate } from "../domain/verdict.ts";
import { answerText, refusalNext } from "../domain/present/control-text.ts";
import type { RunRow } from "../domain/run.ts";
import { OperationalError } from "../std/operational-error.ts";
import type { Decider } from "./decider.ts";
import { findRunHere } from "./ids.ts";
import { askedGate, commandGate } from "./submission/gate.ts";
import { refuseMissingChecks } from "./submission/preflight.ts";

/** What a run has done and kept back goes into the queue. */
export async function land(
  { store, engine, stopFile }: Decider,
  { run: id, cwd, gate: asked, environment = {} }: Params<"land">,
): Promise<LandView> {
  stopFile.refuseWhileThere();
  const run = findRunHere(store, id, cwd);
  const gate = asked === undefined ? undefined : await gateFor(run, asked, environment["PATH"] ?? "");
  const tasks = store.changes(run.id).flatMap(({ task, state }) => (isKeptBack(state) ? [task] : []));
  const command = gate === undefined ? ({ type: "land" } as const) : ({ type: "land", gate } as const);
  const answer = await engine.submit({ type: "run.control", run: run.id, command });
  if (answer.kind === "refused") {
    throw new OperationalError({
      code: answer.refusal.reason,
      what: `Run ${run.id} cannot be landed`,
      why: answerText(command, answer, run.id),
      next: refusalNext(answer.refusal, run.id, run.id),
    });
  }
  return { version: 1, run: run.id, tasks };
}

/** Read as it is now; what is not there is said before anything moves. */
async function gateFor({ checkout, settings }: RunRow, asked: string, path: string): Promise<Gate | null> {
  if (asked === "none") return null;
  const { config } = await loadConfig(checkout);
  const gate = askedGate(asked, config, settings) ?? commandGate(asked, config);
  await refuseMissingChecks(gate.checks, { checkout, path });
  return gate;
}
