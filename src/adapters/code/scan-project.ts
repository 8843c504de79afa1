import { languagesOf, type ProjectFacts } from "../../domain/project-facts.ts";
import { printable, singleLine } from "../../std/text.ts";
import { detectGateIn } from "../config/detect-gate.ts";
import { rootAt, type FilePlace } from "../config/root-files.ts";
import { Git, nulSeparated } from "../git/git.ts";
import type { ObjectServer } from "../git/object-server.ts";
import { readTreeFiles, type TreeFile } from "./tree-files.ts";
import { readVariableNames } from "./variable-names.ts";

export interface ScanPlace {
  readonly gitDir: string;
  readonly objects: ObjectServer;
  /** What is scanned: files of a checkout are not looked at. */
  readonly commit: string;
  readonly branch: string;
}

const maxPaths = 20_000;
const maxRecent = 20;
const maxBusy = 20;
/** So many of the last commits tell what is changed often. */
const historyCommits = 500;
const historyMs = 10_000;
const maxHistoryBytes = 4 * 1024 * 1024;
const guideNames = ["AGENTS.md", "CLAUDE.md", ".github/copilot-instructions.md", "CONTRIBUTING.md"];
const maxGuideChars = 4_000;
/** Of what would have to be read whole to see its beginning. */
const maxBlobBytes = 8 * 1024 * 1024;

/** What a commit shows of its project. Runs git and nothing of the project. Rejects where there is no such commit. */
export async function scanProject({ gitDir, objects, commit, branch }: ScanPlace): Promise<ProjectFacts> {
  const git = new Git({ gitDir });
  const { files, cut } = await readTreeFiles(git, commit);
  const byPath = new Map(files.map((file) => [file.path, file]));
  const [gate, history, variables, guides] = await Promise.all([
    detectGateIn(rootAt(commitPlace(objects, byPath), namesBelow(files, ""), () => true)),
    readHistory(git, commit),
    readVariableNames(git, objects, { commit, files }),
    readGuides(objects, byPath),
  ]);
  const notes = [
    ...(cut ? ["the tree has more files than are listed"] : []),
    ...(variables.cut ? ["there are more environment variables than are listed"] : []),
    ...(history.cut ? ["the history is longer than what was looked at"] : []),
    ...gate.notes,
  ];
  return {
    commit,
    branch: singleLine(branch),
    files: files.length,
    paths: files.slice(0, maxPaths).map(({ path }) => singleLine(path, 300)),
    languages: languagesOf(files),
    checks: gate.checks.map(({ name, run }) => ({ name: singleLine(name), run: singleLine(run) })),
    recent: history.recent,
    // What has been removed since is changed by nobody any more.
    busy: history.busy.filter(({ path }) => byPath.has(path)).slice(0, maxBusy),
    variables: variables.names,
    guides,
    notes: notes.map((note) => singleLine(note)),
  };
}

/** Files as they are in a commit, for those who look at a checkout otherwise. */
function commitPlace(objects: ObjectServer, files: ReadonlyMap<string, TreeFile>): FilePlace {
  return {
    list: async (folder) => namesBelow([...files.values()], `${folder}/`),
    start: async (path, bytes) => {
      const file = files.get(path);
      return file === undefined ? null : ((await contentOf(objects, file))?.subarray(0, bytes) ?? null);
    },
  };
}

async function contentOf(objects: ObjectServer, { id, bytes }: TreeFile): Promise<Buffer | null> {
  return bytes > maxBlobBytes ? null : ((await objects.find(id))?.content ?? null);
}

/** What is directly in a folder; `prefix` ends with a slash, or is empty for the root. */
function namesBelow(files: readonly TreeFile[], prefix: string): string[] {
  const below = files.filter(({ path }) => path.startsWith(prefix));
  return [...new Set(below.map(({ path }) => path.slice(prefix.length).split("/", 1)[0] ?? ""))];
}

interface History {
  readonly recent: readonly string[];
  readonly busy: readonly { readonly path: string; readonly commits: number }[];
  readonly cut: boolean;
}

async function readHistory(git: Git, commit: string): Promise<History> {
  const call = { whatever: true, timeoutMs: historyMs, cutAt: maxHistoryBytes };
  const log = ["log", "--no-merges", "--no-color", "--no-show-signature"];
  const [subjects, names] = await Promise.all([
    git.call([...log, `--max-count=${maxRecent}`, "--format=%s", commit], call),
    git.call([...log, `--max-count=${historyCommits}`, "--no-renames", "--name-only", "-z", "--format=", commit], call),
  ]);
  const counts = new Map<string, number>();
  for (const path of nulSeparated(names.stdout.toString())) {
    const plain = path.replace(/^\n/, "");
    counts.set(plain, (counts.get(plain) ?? 0) + 1);
  }
  const often = [...counts].filter(([, commits]) => commits > 1).sort(([, a], [, b]) => b - a);
  return {
    recent: subjects.stdout
      .toString()
      .split("\n")
      .map((subject) => singleLine(subject, 120))
      .filter((subject) => subject !== ""),
    // Some of these are not there any more.
    busy: often.slice(0, 10 * maxBusy).map(([path, commits]) => ({ path: singleLine(path, 300), commits })),
    cut: names.cut || names.trouble !== null,
  };
}

/** Half a line may be half a secret, which nobody would know for one. */
function wholeLines(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = text.lastIndexOf("\n", most);
  return end === -1 ? "" : text.slice(0, end);
}

async function readGuides(
  objects: ObjectServer,
  files: ReadonlyMap<string, TreeFile>,
): Promise<{ readonly path: string; readonly head: string }[]> {
  const there = guideNames.flatMap((path) => files.get(path) ?? []);
  const contents = await Promise.all(there.map((file) => contentOf(objects, file)));
  return there.flatMap(({ path }, index) => {
    const content = contents[index];
    if (content == null) return [];
    const head = printable(content.subarray(0, 4 * maxGuideChars).toString("utf8")).trim();
    return head === "" ? [] : [{ path, head: wholeLines(head, maxGuideChars) }];
  });
}
