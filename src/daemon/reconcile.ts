import { readTreePaths } from "../adapters/code/tree-files.ts";
import { Git } from "../adapters/git/git.ts";
import { branchRef } from "../adapters/git/target.ts";
import type { Params } from "../api/contract.ts";
import type { ReconcileView } from "../api/views.ts";
import type { RunRow } from "../domain/run.ts";
import { OperationalError } from "../std/operational-error.ts";
import type { Decider } from "./decider.ts";
import { findRun } from "./ids.ts";
import { changesOf, isNews, sourceText, watchedSources } from "./source-changes.ts";

/** Tells what the sources of a run say by now, and takes over what is new in them. */
export async function reconcile(decider: Decider, { run: id, dry }: Params<"reconcile">): Promise<ReconcileView> {
  const run = findRun(decider.store, id);
  if (run.state.status === "finished") throw overError(run);
  const { reader, servers } = decider.means();
  const looker = { reader, objects: servers.of(run.repository).objects };
  const treeOf = async ({ repository, target }: RunRow): Promise<readonly string[]> => {
    const [tip] = await looker.objects.commits([branchRef(target)]);
    return tip == null ? [] : (await readTreePaths(new Git({ gitDir: repository }), tip)).paths;
  };
  const view = { version: 1 as const, run: run.id, taken: !dry };
  const added: ReconcileView["added"][number][] = [];
  const dropped: string[] = [];
  const edited: ReconcileView["edited"][number][] = [];
  for (const source of watchedSources(run)) {
    const text = await sourceText(run, source, looker);
    const found = text === null ? null : await changesOf(decider.store.tasks(run.id), { source, text }, looker);
    if (found === null) throw unreadable(source.name);
    if (!dry && isNews(found)) {
      const titles = found.added.map(({ title }) => title);
      const news = { source: source.name, added: titles, dropped: found.dropped, edited: found.edited };
      await decider.engine.submit({ type: "source.changed", run: run.id, seen: found.seen, ...news });
    }
    // The tree is only listed where somebody may collide in it.
    if (!dry && found.added.length > 0)
      await decider.engine.submit({ type: "run.extend", run: run.id, tasks: found.added, tree: await treeOf(run) });
    added.push(...found.added.map(({ id: task, title }) => ({ id: task, title, source: source.name })));
    dropped.push(...found.dropped);
    edited.push(...found.edited.map(({ id: task, what }) => ({ id: task, what: [...what] })));
  }
  return { ...view, added, dropped, edited };
}

function unreadable(source: string): OperationalError {
  return new OperationalError({
    code: "source-unreadable",
    what: `No plan can be made of ${source} as it is now`,
    next: `see what is wrong with it: nightcrew plan ${source}`,
  });
}

function overError(run: RunRow): OperationalError {
  const roadmaps = watchedSources(run).map(({ name }) => name);
  return new OperationalError({
    code: "run-finished",
    what: `Run ${run.id} is finished`,
    next: `what is new in its sources is a run of its own: nightcrew run ${roadmaps.join(" ") || "…"}`,
  });
}
