import { randomUUID } from "node:crypto";
import type { Params } from "../api/contract.ts";
import type { PromoteView } from "../api/queue-views.ts";
import { loadConfig } from "../adapters/config/load-config.ts";
import { Git } from "../adapters/git/git.ts";
import { openRepository, type FoundRepository } from "../adapters/git/open-repository.ts";
import { checkoutOf, isAncestor, targetTip } from "../adapters/git/target.ts";
import { gateKeyOf } from "../domain/decide/queue/gate-key.ts";
import type { Event } from "../domain/event.ts";
import { failureLog } from "../domain/present/failure-text.ts";
import type { RunRow } from "../domain/run.ts";
import { assertDefined } from "../std/assert.ts";
import { OperationalError } from "../std/operational-error.ts";
import type { Decider } from "./decider.ts";
import { newestRunOnto } from "./ids.ts";
import { listening } from "./queue-control.ts";
import { stagingOf } from "./submission/staging.ts";

type Ended = Extract<Event["body"], { type: "promotion.ended" }>;

interface Ways {
  readonly from: string;
  readonly to: string;
}

/** Brings a branch that is known to be good to another one, through that one's queue; resolves when it is there, or cannot be. */
export async function promote(
  decider: Decider,
  { from, to, cwd, environment = {} }: Params<"promote">,
  stopping: AbortSignal,
): Promise<PromoteView> {
  const { engine, stopFile } = decider;
  stopFile.refuseWhileThere();
  const repository = await openRepository(cwd);
  const { config } = await loadConfig(repository.checkout);
  const ways = waysOf({ from, to }, stagingOf(config, environment));
  const { commit, target } = await tipsOf(decider, repository, ways);
  const { commonDir } = repository.place;
  const git = new Git({ gitDir: commonDir });
  // What is there already needs nobody's word.
  const there = await isAncestor(git, commit, target);
  const run = newestRunOnto(decider.store, { repository: commonDir, target: ways.from });
  if (run === null) throw neverLanded(ways);
  if (!there) await refuseUnlessGood(decider, run, { ...ways, commit });
  const command = await commandFor(repository, { ...ways, commit, target });
  const id = randomUUID();
  let ended: Ended | null = null;
  const hears = ({ body }: Event): void => {
    if (body.type === "promotion.ended" && body.asked === id) ended = body;
  };
  await listening({ engine, stopping, hears }, async (over) => {
    const asked = { type: "promote", id, host: run.id, from: ways.from, commit } as const;
    await engine.submit({ type: "queue.control", repository: commonDir, target: ways.to, command: asked });
    await over(() => ended !== null);
  });
  return viewOf(assertDefined(ended as Ended | null, "the promotion has ended"), { commit, command });
}

function viewOf(ended: Ended, { commit, command }: { readonly commit: string; readonly command: string }): PromoteView {
  const { from, to, outcome, place, detail, failure } = ended;
  const waiting = place?.on === "waiting" ? { branch: `nightcrew/${to}`, because: place.because } : null;
  const log = failure === null ? "" : failureLog(failure);
  const { pushedTo = null } = ended;
  const became = { outcome, commit: ended.commit, waiting, pushedTo };
  return { version: 1, from, to, promotes: commit, ...became, why: detail, log, command };
}

function waysOf(
  asked: { from?: string | undefined; to?: string | undefined },
  staging: ReturnType<typeof stagingOf>,
): Ways {
  const from = asked.from ?? staging?.branch;
  const to = asked.to ?? staging?.main;
  if (from === undefined || to === undefined) {
    throw new OperationalError({
      code: "no-staging",
      what: "Nothing says what is to be promoted, and to what",
      why: "nightcrew.yaml has no `staging:`, and SWARM_STAGING_BRANCH is not set",
      next: "name both: nightcrew promote --from staging --to main",
    });
  }
  if (from !== to) return { from, to };
  throw new OperationalError({
    code: "same-branch",
    what: `${from} cannot be promoted to itself`,
    next: "name two branches: nightcrew promote --from staging --to main",
  });
}

/** Of the branches themselves: what waits beside the first is not on it yet. */
async function tipsOf(
  decider: Decider,
  { place }: FoundRepository,
  { from, to }: Ways,
): Promise<{ readonly commit: string; readonly target: string }> {
  const git = new Git({ gitDir: place.commonDir });
  const { objects } = decider.means().servers.of(place.commonDir);
  const [source, target] = await Promise.all([targetTip(git, objects, from), targetTip(git, objects, to)]);
  if (source === null) throw noBranch(from, `nightcrew run SOURCE --target ${from}`);
  if (target === null) throw noBranch(to, `git branch ${to} ${from}`);
  return { commit: source.target, target: target.target };
}

function noBranch(name: string, next: string): OperationalError {
  return new OperationalError({ code: "unknown-target", what: `There is no branch ${name}`, next: `make it: ${next}` });
}

function neverLanded({ from }: Ways): OperationalError {
  return new OperationalError({
    code: "no-run",
    what: `No run of nightcrew has landed on ${from}, so nothing tells whether it is good`,
    next: `nightcrew run SOURCE --target ${from}`,
  });
}

/** Its very tree has passed the gate of the last run onto it, and its validation where there is one. */
async function refuseUnlessGood(
  { store }: Decider,
  run: RunRow,
  { from, commit }: Ways & { readonly commit: string },
): Promise<void> {
  const { gate, queue } = run.settings;
  const judge = `nightcrew validate --target ${from}`;
  const where = `${from} (${commit.slice(0, 10)})`;
  if (gate === null)
    throw notGood(`Run ${run.id} landed on ${from} without a gate`, `nightcrew run SOURCE --target ${from} --gate CMD`);
  const tree = await new Git({ gitDir: run.repository }).text(["rev-parse", `${commit}^{tree}`]);
  if (!store.hasVerdict(tree, gateKeyOf(gate, run)))
    throw notGood(`${where} has not passed the gate: it is not as nightcrew landed it`, `have it judged: ${judge}`);
  if (queue.validation === null) return;
  const { validated = null, watch = null } = store.queue({ repository: run.repository, target: from }) ?? {};
  if (watch !== null)
    throw notGood(`${where} is being validated`, "the same again in a moment: nightcrew queue --watch");
  const known = validated?.tip === commit && validated.key === gateKeyOf(queue.validation.gate, run) ? validated : null;
  if (known === null) throw notGood(`${where} has not been validated`, `have it judged: ${judge}`);
  if (known.failure !== null)
    throw notGood(`${where} does not pass its validation`, `mend it, or take the last landing back: nightcrew revert`);
}

function notGood(what: string, next: string): OperationalError {
  return new OperationalError({ code: "not-known-good", what, why: "only what is known to be good is promoted", next });
}

/** What git would be told to do the same by hand. */
async function commandFor(
  { checkout, place }: FoundRepository,
  { from, to, commit, target }: Ways & { readonly commit: string; readonly target: string },
): Promise<string> {
  const forward = await isAncestor(new Git({ gitDir: place.commonDir }), target, commit);
  const merge = forward ? `git merge --ff-only ${from}` : `git merge -m 'Promote ${from} to ${to}' ${from}`;
  const at = await checkoutOf(checkout, place.commonDir, to);
  if (at !== null) return at.path === checkout ? merge : merge.replace("git ", `git -C ${at.path} `);
  return forward ? `git fetch . ${from}:${to}` : `git checkout ${to} && ${merge}`;
}
