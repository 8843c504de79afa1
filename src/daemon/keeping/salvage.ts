import { basename, join } from "node:path";
import type {
  SalvageDroppedView,
  SalvageListView,
  SalvageRestoredView,
  SalvageShowView,
  SalvageView,
  SetAsideView,
} from "../../api/keeping-views.ts";
import { branchFacts } from "../../adapters/git/branch-facts.ts";
import { Git, GitError, isRepository, zeroLike } from "../../adapters/git/git.ts";
import { salvageRefs, workOf, type SalvageRef } from "../../adapters/git/salvage-refs.ts";
import { branchRef, resolveRef } from "../../adapters/git/target.ts";
import { namesIfThere } from "../../adapters/files/names-if-there.ts";
import { slotsIn, timeOf, workspaceFolders } from "../../adapters/workspace/slots-on-disk.ts";
import type { KnownRepository } from "../../adapters/store/old-runs.ts";
import { proveBranch } from "../../domain/branch-proof.ts";
import { attemptId, isRunId } from "../../domain/run.ts";
import { matchingSalvages, parseSalvageRef, salvagePrefix, type SalvageName } from "../../domain/salvage-id.ts";
import { messageOf, OperationalError } from "../../std/operational-error.ts";
import { nearest } from "../../std/text.ts";
import { workspaceLocks } from "./locks.ts";
import type { KeepingPlace } from "./place.ts";
import { keptSuffix } from "./run-folder.ts";

interface FoundSalvage extends SalvageRef {
  readonly id: string;
  readonly name: SalvageName;
  readonly repository: KnownRepository;
  readonly git: Git;
}

const maxShown = 1_000;
/** gits at once. */
const atOnce = 8;
const maxPatchBytes = 256 * 1024;

/** At most `most` of them, newest first. */
export async function listSalvages(place: KeepingPlace, most = maxShown): Promise<SalvageListView> {
  const { found, unread } = await findAll(place);
  const salvages: SalvageView[] = [];
  const shown = found.sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1)).slice(0, most);
  for (let start = 0; start < shown.length; start += atOnce) {
    const some = shown.slice(start, start + atOnce);
    salvages.push(...(await Promise.all(some.map((salvage) => viewOf(place, salvage)))));
  }
  const setAside = [...(await setAsides(place)), ...(await unsaved(place))];
  return { version: 1, salvages, leftOff: found.length - shown.length, setAside, unread };
}

export async function showSalvage(place: KeepingPlace, id: string): Promise<SalvageShowView> {
  const found = await findOne(place, id);
  const { git, commit } = found;
  const work = await workOf(git, commit, await resolveRef(git, branchRef(targetOf(place, found))));
  const compared = work === null ? ["show", "--format=", commit] : ["diff", work.base, commit];
  const plain = ["--no-ext-diff", "--no-textconv", "--no-color"];
  const stat = await git.text([...compared, ...plain, "--stat=100"]);
  const { stdout, cut } = await git.call([...compared, ...plain, "--patch"], { cutAt: maxPatchBytes });
  const salvage = await viewOf(place, found);
  return { version: 1, salvage, base: work?.base ?? null, stat, patch: stdout.toString(), cut };
}

/** Makes a branch; no checkout is touched. */
export async function restoreSalvage(
  place: KeepingPlace,
  { id, branch }: { readonly id: string; readonly branch?: string | undefined },
): Promise<SalvageRestoredView> {
  const found = await findOne(place, id);
  const { git, commit, name } = found;
  const wanted = branch ?? `salvage/${name.run}/${name.task}-${name.attempt}`;
  await refuseBranchName(git, wanted, found.id);
  if ((await git.maybe(["rev-parse", "--verify", "--quiet", branchRef(wanted)], { allow: [1, 128] })) !== null)
    throw branchThere(wanted, found.id);
  try {
    const message = `nightcrew: restored from ${found.ref}`;
    await git.call(["update-ref", "--create-reflog", "-m", message, branchRef(wanted), commit, zeroLike(commit)]);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new OperationalError({
      code: "branch-not-made",
      what: `The branch ${wanted} could not be made`,
      why: error.message,
      next: `choose another name: nightcrew salvage restore ${found.id} --branch NAME`,
      cause: error,
    });
  }
  return { version: 1, salvage: await viewOf(place, found), branch: wanted };
}

export async function dropSalvage(
  place: KeepingPlace,
  { id, yes }: { readonly id: string; readonly yes?: boolean | undefined },
): Promise<SalvageDroppedView> {
  const found = await findOne(place, id);
  if (yes !== true) {
    throw new OperationalError({
      code: "not-confirmed",
      what: `Salvage ${found.id} was not dropped`,
      why: "it may be the only place where this work is",
      next: `look at it: nightcrew salvage show ${found.id}\ndrop it: nightcrew salvage drop ${found.id} --yes`,
    });
  }
  const salvage = await viewOf(place, found);
  await found.git.call(["update-ref", "-d", found.ref, found.commit]);
  return { version: 1, salvage };
}

async function findAll({
  store,
}: KeepingPlace): Promise<{ found: FoundSalvage[]; unread: SalvageListView["unread"][number][] }> {
  const found: FoundSalvage[] = [];
  const unread: SalvageListView["unread"][number][] = [];
  for (const repository of store.repositories()) {
    const { gitDir } = repository;
    if (!isRepository(gitDir)) {
      unread.push({ repository: gitDir, why: "it is not there" });
      continue;
    }
    const git = new Git({ gitDir });
    try {
      for (const ref of await salvageRefs(git)) {
        const name = parseSalvageRef(ref.ref);
        if (name !== null) found.push({ ...ref, id: ref.ref.slice(salvagePrefix.length), name, repository, git });
      }
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      unread.push({ repository: gitDir, why: messageOf(error) });
    }
  }
  return { found, unread };
}

async function findOne(place: KeepingPlace, asked: string): Promise<FoundSalvage> {
  const { found } = await findAll(place);
  const id = asked.startsWith(salvagePrefix) ? asked.slice(salvagePrefix.length) : asked;
  const ids = found.map((salvage) => salvage.id);
  const meant = matchingSalvages(id, ids);
  const [one] = meant;
  const salvage = found.find((candidate) => candidate.id === one);
  if (meant.length === 1 && salvage !== undefined) return salvage;
  throw meant.length > 1 ? ambiguous(asked, meant) : unknown(asked, ids);
}

function ambiguous(asked: string, meant: readonly string[]): OperationalError {
  return new OperationalError({
    code: "ambiguous-salvage",
    what: `${asked} may be any of ${meant.length} salvages`,
    why: meant.slice(0, 5).join(", "),
    next: `name one whole: nightcrew salvage show ${meant[0] ?? "ID"}`,
  });
}

function unknown(asked: string, ids: readonly string[]): OperationalError {
  const tasks = ids.map((id) => id.split("/")[1] ?? "");
  const near = [...nearest(asked, ids), ...nearest(asked.split("/").at(-1) ?? asked, [...new Set(tasks)])];
  return new OperationalError({
    code: "unknown-salvage",
    what: `There is no salvage ${asked}`,
    ...(ids.length === 0 ? { why: "nothing was salvaged" } : {}),
    ...(near.length > 0 ? { why: `there is: ${near.join(", ")}` } : {}),
    next: "nightcrew salvage list",
  });
}

function targetOf({ store }: KeepingPlace, { name, repository }: FoundSalvage): string {
  return (isRunId(name.run) ? store.run(name.run) : null)?.target ?? repository.target;
}

async function viewOf(place: KeepingPlace, salvage: FoundSalvage): Promise<SalvageView> {
  const { id, name, ref, commit, at, repository, git } = salvage;
  const target = targetOf(place, salvage);
  const run = isRunId(name.run) ? name.run : null;
  const attempt = run === null ? null : place.store.attempt(attemptId(run, name.task, Number(name.attempt)));
  const base = attempt?.result?.work?.base ?? null;
  // What git cannot tell is not told; the salvage itself is still listed.
  const proof = await orNull(async () => proveBranch(await branchFacts(git, { tip: commit, base, target })));
  const work = await orNull(async () => workOf(git, commit, await resolveRef(git, branchRef(target))));
  return {
    id,
    ...name,
    ref,
    commit,
    at,
    files: work?.files ?? null,
    repository: repository.gitDir,
    checkout: repository.checkout,
    inTarget: proof === null || proof.kind === "unproven" ? null : target,
  };
}

async function orNull<T>(ask: () => Promise<T | null>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}

async function setAsides({ folders, store }: KeepingPlace): Promise<SetAsideView[]> {
  const found: SetAsideView[] = [];
  const repositories = store.repositories();
  for (const folder of await workspaceFolders(folders.workspaces)) {
    for (const { path, name, state, repository, busy } of await slotsIn(folder)) {
      if (state !== "kept") continue;
      const { run = null, task = null, attempt = null } = busy ?? {};
      const since = Number(/\.kept-(\d+)-/.exec(name)?.[1] ?? Number.NaN);
      const known = repositories.find(({ gitDir }) => folders.slots(gitDir) === folder)?.gitDir;
      const about = { run, task, attempt, since: Number.isNaN(since) ? null : since };
      found.push({ path, repository: repository ?? known ?? null, ...about, what: "workspace" });
    }
  }
  for (const name of (await namesIfThere(folders.runs)).filter((name) => name.endsWith(keptSuffix))) {
    const path = join(folders.runs, name);
    const about = { repository: null, run: basename(name, keptSuffix), task: null, attempt: null };
    found.push({ path, ...about, since: await timeOf(path), what: "nested-repositories" });
  }
  return found;
}

/** Nobody who lives is in them. */
async function unsaved(place: KeepingPlace): Promise<SetAsideView[]> {
  const left = (await workspaceLocks(place)).filter(({ stale }) => stale);
  return left.map(({ resource: path, repository, since, owner: { run, task, attempt } }) => {
    return { path, repository, run, task, attempt, since, what: "unsaved" };
  });
}

async function refuseBranchName(git: Git, branch: string, id: string): Promise<void> {
  if ((await git.maybe(["check-ref-format", "--branch", branch], { allow: [1, 128] })) === branch) return;
  throw new OperationalError({
    code: "invalid-branch",
    what: `${branch} is no name for a branch`,
    next: `nightcrew salvage restore ${id} --branch NAME`,
  });
}

function branchThere(branch: string, id: string): OperationalError {
  return new OperationalError({
    code: "branch-exists",
    what: `There is a branch ${branch} already`,
    why: "nothing is written over",
    next: `choose another name: nightcrew salvage restore ${id} --branch NAME`,
  });
}
