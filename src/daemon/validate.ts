import { randomUUID } from "node:crypto";
import type { Params } from "../api/contract.ts";
import type { ValidateView } from "../api/queue-views.ts";
import { loadConfig } from "../adapters/config/load-config.ts";
import { Git } from "../adapters/git/git.ts";
import { openRepository } from "../adapters/git/open-repository.ts";
import { targetTip } from "../adapters/git/target.ts";
import type { Event } from "../domain/event.ts";
import { failureLog, targetFailureText } from "../domain/present/failure-text.ts";
import type { RunRow } from "../domain/run.ts";
import type { Gate } from "../domain/verdict.ts";
import { assertDefined } from "../std/assert.ts";
import { OperationalError } from "../std/operational-error.ts";
import type { Decider } from "./decider.ts";
import { newestRunIn } from "./ids.ts";
import { lastLanding, listening, Outcomes } from "./queue-control.ts";
import { commandGate } from "./submission/gate.ts";
import { refuseMissingChecks } from "./submission/preflight.ts";

type Judged = Extract<Event["body"], { type: "target.judged" }>;

/** Has the target of the newest run here judged, and resolves when that, and what is taken back for it, is through. */
export async function validate(
  decider: Decider,
  { run: asked, cwd, target: branch, rollback: takesBack, environment = {} }: Params<"validate">,
  stopping: AbortSignal,
): Promise<ValidateView> {
  decider.stopFile.refuseWhileThere();
  const { place, checkout } = await openRepository(cwd);
  const run = newestRunIn(decider.store, place.commonDir, branch);
  refuseTooMany(decider, run);
  const gates = await gatesFor(run, asked, { checkout, path: environment["PATH"] ?? "" });
  let view: ValidateView | null = null;
  for (const gate of gates) {
    if (view !== null && view.verdict !== "pass") break;
    view = await judge(decider, { run, gate, takesBack }, stopping);
  }
  return assertDefined(view, "there is a gate");
}

/** Each keeps what is ready from landing. */
const mostAsked = 20;

function refuseTooMany({ store }: Decider, run: RunRow): void {
  if ((store.queue(run)?.asked.length ?? 0) < mostAsked) return;
  throw new OperationalError({
    code: "too-many",
    what: `${mostAsked} commands wait to be run on ${run.target} already`,
    next: "nightcrew queue --watch",
  });
}

interface Judging {
  readonly run: RunRow;
  readonly gate: Gate;
  readonly takesBack: boolean;
}

async function judge(
  decider: Decider,
  { run, gate, takesBack }: Judging,
  stopping: AbortSignal,
): Promise<ValidateView> {
  const { store, engine } = decider;
  const { repository, target, id: host } = run;
  const { commit, tree } = await standing(decider, run);
  const last = takesBack ? lastLanding(store, run) : [];
  const rollback = last.map(({ id: change, state }) => ({ change, commit: state.landing.commit }));
  const id = randomUUID();
  let judged: Judged | null = null;
  // What is landing now is the last landing by the time it is judged.
  let outcomes: Outcomes | null = null;
  const hears = (event: Event): void => {
    const { body } = event;
    if (body.type !== "target.judged" || body.asked !== id) return outcomes?.hear(event);
    judged = body;
    outcomes = new Outcomes(
      store,
      lastLanding(store, run).filter((one) => body.takesBack.includes(one.id)),
    );
  };
  await listening({ engine, stopping, hears }, async (over) => {
    const command = { type: "validate", id, host, gate, commit, tree, takesBack, rollback } as const;
    await engine.submit({ type: "queue.control", repository, target, command });
    await over(() => outcomes?.areAll === true);
  });
  return viewOf(run, assertDefined(judged as Judged | null, "it was judged"), outcomes);
}

function viewOf({ target }: RunRow, judged: Judged, outcomes: Outcomes | null): ValidateView {
  const { commit, verdict, check, failure } = judged;
  const why = failure === null ? null : targetFailureText(failure);
  const log = failure === null ? "" : failureLog(failure);
  return { version: 1, target, commit, verdict, check, why, log, results: outcomes?.results ?? [] };
}

/** The command; without one all that the run asks of its target. */
async function gatesFor(
  { id, settings }: RunRow,
  asked: string | undefined,
  { checkout, path }: { readonly checkout: string; readonly path: string },
): Promise<Gate[]> {
  if (asked !== undefined) {
    const { config } = await loadConfig(checkout);
    const gate = commandGate(asked, config);
    await refuseMissingChecks(gate.checks, { checkout, path });
    return [gate];
  }
  const { gate, queue } = settings;
  const all = [gate, queue.validation?.gate ?? null].filter((one) => one !== null);
  if (all.length > 0) return all;
  throw new OperationalError({
    code: "no-gate",
    what: `Run ${id} had no gate that its target could be judged by`,
    next: "name a command: nightcrew validate 'CMD'",
  });
}

/** Where the target stands, with what waits beside it. */
async function standing(
  decider: Decider,
  { repository, target }: RunRow,
): Promise<{ readonly commit: string; readonly tree: string }> {
  const { objects } = decider.means().servers.of(repository);
  const on = await targetTip(new Git({ gitDir: repository }), objects, target);
  const tree = on === null ? null : await objects.find(`${on.tip}^{tree}`);
  if (on !== null && tree != null) return { commit: on.tip, tree: tree.id };
  throw new OperationalError({
    code: "unknown-target",
    what: `There is no branch ${target} any more`,
    next: `make it: git branch ${target}`,
  });
}
