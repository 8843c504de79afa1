import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CleanedBranch, CleanedRun } from "../../api/keeping-views.ts";
import { attemptBranches, removeBranch, type AttemptBranch } from "../../adapters/git/attempt-branches.ts";
import { branchFacts } from "../../adapters/git/branch-facts.ts";
import { Git, GitError, isRepository } from "../../adapters/git/git.ts";
import { saveCommit } from "../../adapters/git/salvage-refs.ts";
import { checkoutOf } from "../../adapters/git/target.ts";
import { readIfThere } from "../../adapters/files/read-if-there.ts";
import { proveBranch } from "../../domain/branch-proof.ts";
import { isLanded } from "../../domain/change-state.ts";
import { attemptId, type RunId, type RunRow } from "../../domain/run.ts";
import { salvagePrefix, salvageRef } from "../../domain/salvage-id.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { messageOf } from "../../std/operational-error.ts";
import type { KeepingPlace } from "./place.ts";
import { dropLatest, removeTakenAway, takeAway } from "./run-folder.ts";

/** Removes what is left of a run that is over, as far as nothing is lost by it; with `dryRun` only tells what would be. */
export async function cleanRun(place: KeepingPlace, run: RunRow, dryRun: boolean): Promise<CleanedRun> {
  const { id, repository, target } = run;
  const about = { run: id, repository, target, finishedAt: finishedAt(run) };
  const gone = whyUnproven(place, run);
  const branches = gone === null ? await cleanBranches(place, run, dryRun) : [];
  const kept = [...(gone === null ? [] : [gone]), ...branches.flatMap((branch) => branch.kept ?? [])];
  if (kept.length > 0 || dryRun) return { ...about, removed: false, branches, kept };
  const problem = await forget(place, run.id);
  return problem === null
    ? { ...about, removed: true, branches, kept: await removeTakenAway(place.folders) }
    : { ...about, removed: false, branches, kept: [problem] };
}

function finishedAt({ state, createdAt }: RunRow): number {
  return state.status === "finished" ? state.at : createdAt;
}

/** Null where its repository is there to be asked, or nothing of the run is anywhere but in the target. */
function whyUnproven({ store }: KeepingPlace, run: RunRow): string | null {
  if (isRepository(run.repository)) return null;
  const landed = new Set(store.changes(run.id).flatMap(({ id, state }) => (isLanded(state) ? [id] : [])));
  const left = store.attempts(run.id).filter(({ id, result }) => result?.work?.tip != null && !landed.has(id));
  if (left.length === 0) return null;
  return `its repository is gone (${run.repository}): nothing can be proven of ${left.map(({ id }) => id).join(", ")}`;
}

async function cleanBranches(place: KeepingPlace, run: RunRow, dryRun: boolean): Promise<CleanedBranch[]> {
  if (!isRepository(run.repository)) return [];
  const git = new Git({ gitDir: run.repository });
  const cleaned: CleanedBranch[] = [];
  for (const branch of await attemptBranches(git, run.id)) {
    // Somebody tried it again meanwhile: nothing of it is touched any more.
    if (!dryRun && place.store.run(run.id)?.state.status !== "finished") break;
    cleaned.push(await cleanBranch(place, run, { git, branch, dryRun }));
  }
  return cleaned;
}

interface BranchPlace {
  readonly git: Git;
  readonly branch: AttemptBranch;
  readonly dryRun: boolean;
}

async function cleanBranch(
  place: KeepingPlace,
  run: RunRow,
  { git, branch, dryRun }: BranchPlace,
): Promise<CleanedBranch> {
  const base = await baseOf(place, run.id, branch);
  const about = { branch: branch.branch, commit: branch.tip };
  try {
    const proof = proveBranch(await branchFacts(git, { tip: branch.tip, base, target: run.target }));
    const kept = await whyInUse(run, branch);
    if (kept !== null || dryRun) return { ...about, proof, removed: false, savedAs: null, kept };
    const wanted = salvageRef(run.id, branch.task, branch.attempt);
    const saved = proof.kind === "unproven" ? await saveCommit(git, wanted, branch.tip) : null;
    await removeBranch(git, branch);
    return { ...about, proof, removed: true, savedAs: saved?.slice(salvagePrefix.length) ?? null, kept: null };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const kept = `${branch.branch}: ${messageOf(error)}`;
    return { ...about, proof: null, removed: false, savedAs: null, kept };
  }
}

/** A branch that is checked out somewhere is somebody's. */
async function whyInUse(run: RunRow, { branch }: AttemptBranch): Promise<string | null> {
  const from = existsSync(run.checkout) ? run.checkout : run.repository;
  const checkout = await checkoutOf(from, run.repository, branch);
  return checkout === null ? null : `${branch} is checked out in ${checkout.path}`;
}

/** The commit an attempt began at, as its runner measured it or was told; null where neither is there. */
async function baseOf(
  { store, folders }: KeepingPlace,
  run: RunId,
  { task, attempt }: AttemptBranch,
): Promise<string | null> {
  const measured = store.attempt(attemptId(run, task, attempt))?.result?.work?.base;
  if (measured !== undefined) return measured;
  const job = parseJsonObject((await readIfThere(join(folders.attempt(run, task, attempt), "job.json"))) ?? "");
  const base = job?.["base"];
  return typeof base === "string" ? base : null;
}

/** Its rows and its folder. Why not, or null. */
async function forget({ store, folders }: KeepingPlace, run: RunId): Promise<string | null> {
  await dropLatest(folders, run);
  // Both in one turn of this process: nobody can try the run again in between.
  const putBack = takeAway(folders, run);
  const removal = store.removeRun(run);
  if (removal !== "not-at-rest") return null;
  putBack();
  return "it is not at rest";
}
