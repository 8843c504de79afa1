import { createHash } from "node:crypto";
import { assertDefined } from "../../src/std/assert.ts";

/** A tree is what stands at each path. */
export type Tree = ReadonlyMap<string, string>;

export interface Commit {
  readonly id: string;
  readonly treeId: string;
  readonly tree: Tree;
  readonly parents: readonly string[];
  readonly message: string;
  /** Longest way to a root: what is nearer to the tips is greater. */
  readonly depth: number;
}

/** In conflict `tree` has our side of what both have changed. */
export type Merged =
  | { readonly kind: "clean"; readonly tree: Tree }
  | { readonly kind: "conflict"; readonly paths: readonly string[]; readonly tree: Tree };

/** git, as far as landings need it: commits named by their content, refs, ancestry and the three-way merge of trees. */
export class GitModel {
  readonly refs = new Map<string, string>();
  private readonly commits = new Map<string, Commit>();
  private readonly ancestry = new Map<string, ReadonlySet<string>>();

  write(tree: Tree, parents: readonly string[], message: string): Commit {
    const treeId = idOf([...tree].sort(([a], [b]) => (a < b ? -1 : 1)));
    const id = idOf([treeId, parents, message]);
    const known = this.commits.get(id);
    if (known !== undefined) return known;
    const depth = Math.max(0, ...parents.map((parent) => this.commit(parent).depth + 1));
    const commit = { id, treeId, tree, parents, message, depth };
    this.commits.set(id, commit);
    return commit;
  }

  commit(id: string): Commit {
    return assertDefined(this.commits.get(id), `commit ${id}`);
  }

  ref(name: string): string | null {
    return this.refs.get(name) ?? null;
  }

  isAncestor(ancestor: string, descendant: string): boolean {
    return this.ancestorsOf(descendant).has(ancestor);
  }

  /** The commit itself and all before it. */
  ancestorsOf(id: string): ReadonlySet<string> {
    const known = this.ancestry.get(id);
    if (known !== undefined) return known;
    const all = new Set([id]);
    for (const parent of this.commit(id).parents) for (const one of this.ancestorsOf(parent)) all.add(one);
    this.ancestry.set(id, all);
    return all;
  }

  /** The first commit that merged the tip into what has led to the other; null: none did. */
  mergeOf(tip: string, into: string): string | null {
    const merges = [...this.ancestorsOf(into)].filter((id) => this.commit(id).parents.slice(1).includes(tip));
    return merges.sort((a, b) => this.commit(a).depth - this.commit(b).depth)[0] ?? null;
  }

  /** From the commit back along first parents, up to and without the first that `known` has. */
  firstParents(from: string, known: ReadonlySet<string>): Commit[] {
    const line: Commit[] = [];
    for (let id: string | undefined = from; id !== undefined && !known.has(id); id = line.at(-1)?.parents[0])
      line.push(this.commit(id));
    return line;
  }

  merge(ours: string, theirs: string): Merged {
    const base = this.mergeBase(ours, theirs);
    const [a, b] = [this.commit(ours).tree, this.commit(theirs).tree];
    const merged = new Map<string, string>();
    const conflicts: string[] = [];
    for (const path of [...new Set([...a.keys(), ...b.keys()])].sort()) {
      const [was, mine, other] = [base.get(path), a.get(path), b.get(path)];
      if (mine !== other && mine !== was && other !== was) conflicts.push(path);
      const value = mine === was ? other : mine;
      if (value !== undefined) merged.set(path, value);
    }
    return conflicts.length > 0
      ? { kind: "conflict", paths: conflicts, tree: merged }
      : { kind: "clean", tree: merged };
  }

  private mergeBase(ours: string, theirs: string): Tree {
    const known = this.ancestorsOf(ours);
    let best: Commit | null = null;
    for (const id of this.ancestorsOf(theirs)) {
      const commit = this.commit(id);
      if (known.has(id) && (best === null || commit.depth > best.depth)) best = commit;
    }
    return best?.tree ?? new Map();
  }
}

function idOf(content: unknown): string {
  return createHash("sha1").update(JSON.stringify(content)).digest("hex");
}
