import type { Candidate, Link, TargetTip } from "../../domain/change-state.ts";
import type { CandidateOutcome, Left } from "../../domain/input.ts";
import type { History } from "../../domain/queue/strategy.ts";
import type { BuildPart } from "../../engine/ports.ts";
import { assertDefined } from "../../std/assert.ts";
import { plural } from "../../std/text.ts";
import type { MarkReader } from "../sources/tick-text.ts";
import { mergeForTools, mergePart } from "./merge-lock-files.ts";
import { nulSeparated, type CommitIdentity, type Git } from "./git.ts";
import type { RepositoryServers } from "./git-servers.ts";
import { isAncestor } from "./target.ts";
import { tickTree } from "./tick-tree.ts";
import { writeCommit } from "./write-object.ts";

export interface Place extends RepositoryServers {
  readonly git: Git;
  readonly objectsDir: string;
}

/** What changes are merged onto. */
export interface Ground {
  /** The tip; or a merge of target and waiting branch, where a person committed to the target meanwhile. */
  readonly commit: string;
  /** First parents of what is built on it: with the target behind the tip, where that is to join in. */
  readonly parents: readonly string[];
  /** Seconds since the epoch: nothing that is built on it is older. */
  readonly at: number;
}

/** Null where target and waiting branch have diverged, and do not merge cleanly. */
export async function groundOf(place: Place, on: TargetTip, by: CommitIdentity): Promise<Ground | null> {
  const at = await dateOf(place, on.tip);
  if (on.tip === on.target || (await isAncestor(place.git, on.target, on.tip)))
    return { commit: on.tip, parents: [on.tip], at };
  const merged = await mergeTrees(place.git, on.target, on.tip);
  if (merged.kind === "conflict") return null;
  // Waiting landings come first, so that the first-parent history stays one of gated trees.
  const parents = [on.tip, on.target];
  const content = { tree: merged.tree, parents, message: "Merge what waited\n", by, at };
  return { commit: writeCommit(place.objectsDir, content), parents, at };
}

export interface Base {
  readonly on: TargetTip;
  readonly ground: Ground;
  readonly by: CommitIdentity;
  readonly reader: MarkReader;
}

/** How far the chain has come. */
interface Chain {
  readonly links: Link[];
  readonly left: Left[];
  /** Commits made so far. */
  made: number;
  /** What the next change is merged onto. */
  commit: string;
  tree: string;
  /** Seconds since the epoch. */
  at: number;
}

/**
 * One merge commit for each change, each on the one before. With `batch` the target gets one merge of the whole chain; with
 * `every-change`, or where there is but one, the chain itself is what lands.
 *
 *   batch          tip ───────────── land      every-change   tip ── m1 ── m2 ── m3
 *                    └─ m1 ─ m2 ─ m3 ─┘
 */
export async function buildChain(
  place: Place,
  base: Base,
  { parts, history }: { readonly parts: readonly BuildPart[]; readonly history: History },
): Promise<CandidateOutcome> {
  const { on, ground, by } = base;
  const direct = history === "every-change" || parts.length === 1;
  const tree = await treeOf(place, ground.commit);
  const chain: Chain = { links: [], left: [], made: 0, commit: ground.commit, tree, at: ground.at };
  for (const part of parts) await addPart(place, { ...base, direct }, chain, part);
  const { links, left, made } = chain;
  // Nothing new: the target as it is, or what waits beside it brought in.
  if (made === 0) return { kind: "built", candidate: { commit: ground.commit, tree, on, links }, left };
  const alone = direct || (made === 1 && ground.commit === on.tip);
  const commit = alone
    ? chain.commit
    : writeCommit(place.objectsDir, {
        tree: chain.tree,
        parents: [...ground.parents, chain.commit],
        message: batchMessage(
          parts.filter(({ change: { id } }) => links.some((link) => link.change === id && link.there === undefined)),
        ),
        by,
        at: chain.at,
      });
  const candidate: Candidate = { commit, tree: chain.tree, on, links };
  return { kind: "built", candidate, left };
}

async function addPart(place: Place, base: Base & { direct: boolean }, chain: Chain, part: BuildPart): Promise<void> {
  const { change, ticks: marks, subject, trailers } = part;
  const merged = await mergePart(place, chain.commit, part);
  if (merged.kind === "conflict") {
    chain.left.push(await leftOf(place, base, part, { merged, on: chain.commit }));
    return;
  }
  const trees = { merged: merged.tree, tip: chain.commit };
  const { tree, tick } = await tickTree(place, trees, { marks, checked: true }, base.reader);
  if (tree === chain.tree) {
    const brought = await broughtBy(place, base, chain, part);
    // What those before it do is theirs: whether they land is not known yet, and who takes one back takes one back.
    if (brought === null) chain.left.push({ change: change.id, paths: [], with: "others" });
    else chain.links.push({ change: change.id, tick, ...brought });
    return;
  }
  const { ground } = base;
  const at = Math.max(Math.floor(part.at / 1_000), chain.at);
  const onto = chain.made === 0 && base.direct ? ground.parents : [chain.commit];
  const parents = [...new Set([...onto, change.tip])];
  const message = `${subject}\n\n${trailers.join("\n")}\n`;
  const commit = writeCommit(place.objectsDir, { tree, parents, message, by: base.by, at });
  Object.assign(chain, { commit, tree, at, made: chain.made + 1 });
  chain.links.push({ change: change.id, commit, tick });
}

/** By which commit all of a change is in the target: its own merge, or what others did. Null: it is not, but for those before it. */
async function broughtBy(
  place: Place,
  { ground, on }: Base,
  { made }: Chain,
  part: BuildPart,
): Promise<Pick<Link, "commit" | "there"> | null> {
  const merge = await mergeOf(place.git, part.change.tip, ground.commit);
  if (merge !== null) return { commit: merge, there: "merged" };
  const isThere = made === 0 || (await isIn(place, ground.commit, part));
  return isThere ? { commit: on.tip, there: "done" } : null;
}

/** Merged, the change leaves the commit's tree as it is. */
async function isIn(place: Place, commit: string, part: BuildPart): Promise<boolean> {
  const merged = await mergePart(place, commit, part);
  return merged.kind === "clean" && merged.tree === (await treeOf(place, commit));
}

/** The commit that merged the tip into what has led to the other; null: none did. */
async function mergeOf(git: Git, tip: string, into: string): Promise<string | null> {
  const merges = [
    "rev-list",
    "--merges",
    "--parents",
    "--reverse",
    "--topo-order",
    "--ancestry-path",
    `${tip}..${into}`,
  ];
  for (const line of (await git.text(merges)).split("\n")) {
    const [commit, , ...merged] = line.split(" ");
    if (commit !== undefined && merged.includes(tip)) return commit;
  }
  return null;
}

/** Whether it would merge onto the target alone, and whether tools can settle what keeps it from that. */
async function leftOf(
  place: Place,
  base: Base,
  part: BuildPart,
  { merged, on }: { readonly merged: Extract<Merged, { kind: "conflict" }>; readonly on: string },
): Promise<Left> {
  const { ground } = base;
  const { id: change } = part.change;
  const alone = on === ground.commit ? merged : await mergePart(place, ground.commit, part);
  if (alone.kind === "clean") return { change, paths: merged.paths, with: "others" };
  const { paths } = alone;
  const merge = await mergeForTools(place, base, part, alone);
  return merge === null ? { change, paths, with: "target" } : { change, paths, with: "lock-files", merge };
}

function batchMessage(parts: readonly BuildPart[]): string {
  const runs = new Set(parts.flatMap(({ trailers }) => trailers.filter((line) => line.startsWith("Nightcrew-Run: "))));
  const list = parts.map(({ subject }) => `- ${subject}`).join("\n");
  return `Land ${plural(parts.length, "change")}\n\n${list}\n\n${[...runs].join("\n")}\n`;
}

export type Merged =
  | { readonly kind: "clean"; readonly tree: string }
  /** `tree` has both sides between markers in these files. */
  | { readonly kind: "conflict"; readonly paths: string[]; readonly tree: string };

export async function mergeTrees(git: Git, ours: string, theirs: string, timeoutMs?: number): Promise<Merged> {
  const args = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs];
  const result = await git.call(args, { allow: [1], ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  const [tree = "", ...paths] = nulSeparated(result.stdout.toString());
  return result.code === 0 ? { kind: "clean", tree } : { kind: "conflict", paths: [...new Set(paths)], tree };
}

export async function treeOf({ objects }: Place, commit: string): Promise<string> {
  return assertDefined(await objects.find(`${commit}^{tree}`), `the tree of ${commit}`).id;
}

/** When it was committed, in seconds since the epoch. */
export async function dateOf({ objects }: Place, commit: string): Promise<number> {
  const found = await objects.find(`${commit}^{commit}`);
  const date = /^committer .* (\d+) [+-]\d{4}$/m.exec(found?.content.toString("utf8") ?? "")?.[1];
  return date === undefined ? 0 : Number(date);
}
