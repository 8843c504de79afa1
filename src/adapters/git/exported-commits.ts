import type { CommitFacts } from "../../domain/run-export.ts";
import { Git, GitError } from "./git.ts";

/** What git says of these commits; those it does not have are missing. */
export async function commitFacts(git: Git, commits: readonly string[]): Promise<Map<string, CommitFacts>> {
  const found = new Map<string, CommitFacts>();
  for (let from = 0; from < commits.length; from += commitsAtOnce) {
    const asked = commits.slice(from, from + commitsAtOnce);
    for (const [commit, facts] of await readableOf(git, asked)) found.set(commit, facts);
  }
  return found;
}

/** What git says of so many fits into what is taken from it at once, also where their titles are long. */
const commitsAtOnce = 500;

/** One that is damaged keeps git from saying anything of the others: it is found by halves, and left out. */
async function readableOf(git: Git, commits: readonly string[]): Promise<[string, CommitFacts][]> {
  try {
    return await factsOf(git, commits);
  } catch (error) {
    if (!(error instanceof GitError) || error.code !== fatal) throw error;
    if (commits.length <= 1) return [];
    const half = commits.length >> 1;
    return [...(await readableOf(git, commits.slice(0, half))), ...(await readableOf(git, commits.slice(half)))];
  }
}

/** git's exit code where it cannot go on. */
const fatal = 128;

async function factsOf(git: Git, commits: readonly string[]): Promise<[string, CommitFacts][]> {
  const format = "--format=%H%x00%s%x00%an%x00%aI%x00%P";
  const args = ["log", "--no-walk=unsorted", "--ignore-missing", "--no-show-signature", "-z", format, "--stdin"];
  const fields = (await git.text(args, { input: `${commits.join("\n")}\n` })).split("\0");
  const found: [string, CommitFacts][] = [];
  for (let at = 0; at + 5 <= fields.length; at += 5) {
    const [commit = "", subject = "", author = "", date = "", parents = ""] = fields.slice(at, at + 5);
    found.push([commit, { subject, author, date, parents: parents.split(" ").filter((id) => id !== "") }]);
  }
  return found;
}

/** Tips of all branches, by name. */
export async function branchTips(git: Git): Promise<Map<string, string>> {
  const answer = await git.text(["for-each-ref", "--format=%(refname:lstrip=2)%00%(objectname)", "refs/heads/"]);
  const lines = answer.split("\n").map((line) => line.split("\0"));
  return new Map(lines.flatMap(([name, tip]) => (name === undefined || tip === undefined ? [] : [[name, tip]])));
}

/** What a landing brought to the target, as a patch that `git am` takes. Written straight to a file, whatever its size. */
export async function writePatch(git: Git, commit: string, file: string): Promise<void> {
  const what = ["--diff-merges=first-parent", "--patch-with-stat", "--binary", "--full-index", "--format=email"];
  const plain = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-show-signature", `--output=${file}`];
  const prefixes = ["--src-prefix=a/", "--dst-prefix=b/"];
  await git.call(["log", "-1", ...what, ...plain, ...prefixes, commit], { timeoutMs: 600_000 });
}
