#!/usr/bin/env node
// Three ways to make an agent's workspace, measured side by side: what each costs, and what an agent in it can reach.
//   A  pooled `git worktree` + private object directory and index (by environment)
//   B  pooled `git clone --shared`
//   C  hand-made slot: `tree/`, the agent's `agent.git/`, and the runner's own `runner.git/` out of the agent's reach
// Usage: node bench/workspace-strategies.mjs [--files 110,5000,50000] [--samples 15] [--only times|reach]
// Everything happens in one temporary folder, with an environment of PATH and HOME only, so no user setting leaks in.
// oxlint-disable max-lines -- one file, so that the record's figures can be had again with little but this script
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { baseHistory, fileName } from "./lib/base-history.mjs";

const { values: options } = parseArgs({
  options: {
    files: { type: "string", default: "110,5000,50000" },
    samples: { type: "string", default: "15" },
    only: { type: "string", default: "" },
  },
});
const root = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "nightcrew-workspace-"));
const home = path.join(root, "home");
const cleanEnv = { PATH: process.env["PATH"], HOME: home };
let slotCount = 0;

// ---- helpers -------------------------------------------------------------------------------------------------------

/** Runs a command in the clean environment. A failure throws: where failing is the finding, the caller catches it. */
function run(command, args, { cwd = root, env = {}, input = "" } = {}) {
  const result = spawnSync(command, args, { cwd, env: { ...cleanEnv, ...env }, input, maxBuffer: 2 ** 28 });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    const said = result.stderr.toString().trim() || result.stdout.toString().trim();
    throw new Error(said.split("\n").find((line) => /fatal|error/i.test(line)) ?? said.split("\n").at(-1));
  }
  return result.stdout;
}

const git = (args, how) => run("git", args, how).toString().trim();
const write = (file, text) => {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
};
const remove = (target) => fs.rmSync(target, { recursive: true, force: true });
const readOr = (file, otherwise) => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : otherwise);
const attempt = (action) => {
  try {
    return { value: action() };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
};

// ---- the user's repository -----------------------------------------------------------------------------------------

/** main has two commits that differ in 5 files; `submodule` adds to the second one an entry that holds the first one. */
function makeUser(files, { format = "sha1", submodule = false } = {}) {
  const dir = fs.mkdtempSync(path.join(root, "user-"));
  git(["init", "-q", "-b", "main", `--object-format=${format}`, dir]);
  const input = baseHistory(files) + (submodule ? "M 160000 :1 sub\n" : "");
  git(["fast-import", "--quiet"], { cwd: dir, input });
  return describeUser(dir);
}

/** Asks git where things are: `<dir>/.git/objects` would be wrong when the user works in a linked worktree. */
function describeUser(dir) {
  const [common, format] = git(["rev-parse", "--git-common-dir", "--show-object-format"], { cwd: dir }).split("\n");
  const gitDir = path.resolve(dir, common);
  const bases = git(["rev-list", "--reverse", "HEAD"], { cwd: dir }).split("\n");
  return { dir, gitDir, objects: path.join(gitDir, "objects"), format, bases };
}

// ---- what the strategies share -------------------------------------------------------------------------------------

/** Reads a HEAD without git, because git would obey the agent's config. */
function readHead(gitDir) {
  const text = fs.readFileSync(path.join(gitDir, "HEAD"), "utf8").trim();
  if (/^[0-9a-f]{40,64}$/.test(text)) return text;
  const ref = /^ref: (refs\/heads\/[\w/-]+)$/.exec(text)?.[1];
  if (!ref) throw new Error(`no commit in HEAD: ${text.slice(0, 60)}`);
  return fs.readFileSync(path.join(gitDir, ref), "utf8").trim();
}

/** Copies an agent's commits with plumbing whose GIT_DIR is the runner's; then proves that nothing is missing. */
function importByPack(gitDir, slot, sha) {
  const env = { GIT_DIR: gitDir, GIT_OBJECT_DIRECTORY: slot.user.objects };
  const both = { ...env, GIT_ALTERNATE_OBJECT_DIRECTORIES: slot.objects };
  const range = `${sha}\n^${slot.base}\n`;
  const pack = run("git", ["pack-objects", "--revs", "--stdout", "-q"], { env: both, input: range });
  // Objects get the name of their real content, so a forged one is missing here; --strict then writes no commit of it.
  git(["unpack-objects", "-q", "--strict"], { env, input: pack });
  git(["rev-list", "--objects", "--quiet", sha, `^${slot.base}`], { env });
  return sha;
}

const overrides = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"];
const pin = (gitDir, tree) => [`--git-dir=${gitDir}`, `--work-tree=${tree}`];

function commitInside(slot, env) {
  git([...slot.runnerGit, "add", "-A"], { env });
  git([...slot.runnerGit, "commit", "-q", "-m", "left over"], { env });
  return readHead(slot.gitDir);
}

function refreshInside(slot, base, env) {
  git([...slot.runnerGit, "checkout", "-q", "-f", "--detach", base], { env });
  // Twice -f: once would leave repositories the agent made inside the tree to the next agent.
  git([...slot.runnerGit, "clean", "-q", "-ffd"], { env });
  slot.base = base;
}

// ---- the strategies ------------------------------------------------------------------------------------------------

const worktree = {
  make(user, base, hardened) {
    const dir = path.join(root, `slot-${++slotCount}`);
    const [tree, objects, index] = ["tree", "objects", "index"].map((name) => path.join(dir, name));
    git(["worktree", "add", "-q", "--detach", tree, base], { cwd: user.dir });
    const gitDir = fs.readFileSync(path.join(tree, ".git"), "utf8").slice("gitdir: ".length).trim();
    fs.mkdirSync(objects);
    fs.copyFileSync(path.join(gitDir, "index"), index);
    const runnerGit = hardened ? [...pin(gitDir, tree), ...overrides] : ["-C", tree];
    return { user, dir, tree, gitDir, objects, index, base, runnerGit };
  },
  agentEnv: (slot) => ({
    GIT_OBJECT_DIRECTORY: slot.objects,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: slot.user.objects,
    GIT_INDEX_FILE: slot.index,
  }),
  refresh(slot, base) {
    refreshInside(slot, base, this.agentEnv(slot));
    remove(slot.objects);
    fs.mkdirSync(slot.objects);
  },
  importCommit: (slot, sha) => importByPack(slot.user.gitDir, slot, sha),
  // In the agent's own index and objects: blobs the agent staged exist nowhere else, so an import must follow anyway.
  commitLeftOver(slot) {
    return this.importCommit(slot, commitInside(slot, this.agentEnv(slot)));
  },
};

const sharedClone = {
  make(user, base, hardened) {
    const tree = path.join(root, `slot-${++slotCount}`);
    git(["clone", "-q", "--shared", "--no-checkout", user.dir, tree]);
    git(["checkout", "-q", "--detach", base], { cwd: tree });
    const gitDir = path.join(tree, ".git");
    const runnerGit = hardened ? [...pin(gitDir, tree), ...overrides] : ["-C", tree];
    return { user, dir: tree, tree, gitDir, objects: path.join(gitDir, "objects"), base, runnerGit };
  },
  agentEnv: () => ({}),
  refresh: (slot, base) => refreshInside(slot, base, {}),
  importCommit(slot, sha) {
    // A bare `git fetch` would also write FETCH_HEAD and may start a gc in the user's repository.
    const quiet = ["-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
    git(["fetch", ...quiet, slot.tree, sha], { cwd: slot.user.dir });
    return sha;
  },
  commitLeftOver(slot) {
    return this.importCommit(slot, commitInside(slot, {}));
  },
};

/** A git directory by plain file writes: no git command needs to read, and so trust, what was there before. */
function writeGitDir(gitDir, user, head) {
  remove(gitDir);
  const sha256 = user.format === "sha256" ? "[extensions]\n\tobjectFormat = sha256\n" : "";
  const core = `[core]\n\trepositoryFormatVersion = ${sha256 ? 1 : 0}\n\tbare = false\n\tlogAllRefUpdates = false\n`;
  write(path.join(gitDir, "config"), `${core}[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n${sha256}`);
  write(path.join(gitDir, "HEAD"), `${head}\n`);
  write(path.join(gitDir, "objects/info/alternates"), `${user.objects}\n`);
  fs.mkdirSync(path.join(gitDir, "refs"));
  for (const kept of ["shallow", "info/exclude"]) {
    const text = readOr(path.join(user.gitDir, kept), "");
    if (text) write(path.join(gitDir, kept), text);
  }
}

const handMade = {
  make(user, base, hardened) {
    const dir = path.join(root, `slot-${++slotCount}`);
    const [tree, gitDir, runner] = ["tree", "agent.git", "runner.git"].map((name) => path.join(dir, name));
    fs.mkdirSync(tree, { recursive: true });
    writeGitDir(runner, user, base);
    const runnerGit = [...pin(runner, tree), ...(hardened ? overrides : [])];
    const slot = { user, dir, tree, gitDir, objects: path.join(gitDir, "objects"), runner, runnerGit, base, hardened };
    this.checkOut(slot, base);
    return slot;
  },
  agentEnv: () => ({}),
  runnerEnv: (slot) => ({ GIT_OBJECT_DIRECTORY: slot.user.objects }),
  checkOut(slot, base) {
    // Not `read-tree --reset -u`: only porcelain looks at the files from several threads (core.preloadIndex).
    git([...slot.runnerGit, "checkout", "-q", "-f", "--detach", base], { env: this.runnerEnv(slot) });
    writeGitDir(slot.gitDir, slot.user, base);
    // The agent's index is the runner's: it describes the same files, so the agent's first `git add` hashes nothing.
    fs.copyFileSync(path.join(slot.runner, "index"), path.join(slot.gitDir, "index"));
    remove(path.join(slot.tree, ".git"));
    write(path.join(slot.tree, ".git"), "gitdir: ../agent.git\n");
    slot.base = base;
  },
  /** `git add` runs `git status` in every filled submodule, under that submodule's config; a hidden one is left alone. */
  hideGitlinks(slot) {
    const entries = run("git", [...slot.runnerGit, "ls-files", "-s", "-z"]);
    // Looked for before splitting: few repositories have one, and 50,000 entries take a while to split.
    if (!entries.includes("\x00160000 ") && !entries.subarray(0, 7).equals(Buffer.from("160000 "))) return;
    const links = entries
      .toString()
      .split("\0")
      .filter((entry) => entry.startsWith("160000 "));
    const paths = links.map((entry) => entry.slice(entry.indexOf("\t") + 1));
    git([...slot.runnerGit, "update-index", "--skip-worktree", "-z", "--stdin"], { input: paths.join("\0") });
  },
  refresh(slot, base) {
    git([...slot.runnerGit, "clean", "-q", "-ffd"], { env: this.runnerEnv(slot) });
    this.checkOut(slot, base);
  },
  importCommit: (slot, sha) => importByPack(slot.runner, slot, sha),
  commitLeftOver(slot) {
    const env = this.runnerEnv(slot);
    // Before every add, not once per base: the previous add may have taken in a repository that the agent made.
    if (slot.hardened) this.hideGitlinks(slot);
    git([...slot.runnerGit, "add", "-A"], { env });
    const tree = git([...slot.runnerGit, "write-tree"], { env });
    return git([...slot.runnerGit, "commit-tree", tree, "-p", readHead(slot.gitDir), "-m", "left over"], { env });
  },
};

const strategies = { A: worktree, B: sharedClone, C: handMade };

// ---- times ---------------------------------------------------------------------------------------------------------

const operations = {
  make: "1 make",
  refresh: "2 refresh",
  agentCommit: "3 agent's add + commit",
  leftOver: "4 runner commits what was left",
  importCommit: "5 import an agent's commit",
};

function timed(times, operation, action) {
  const start = performance.now();
  const value = action();
  times[operation].push(performance.now() - start);
  return value;
}

/** What an agent does to the tree: five files grow, one appears. */
function edit(slot, label) {
  for (let n = 0; n < 5; n++) fs.appendFileSync(path.join(slot.tree, fileName(n * 7 + 3)), `${label}\n`);
  write(path.join(slot.tree, `new/${label}.txt`), `${label}\n`);
}

function agentCommits(slot, env) {
  git(["add", "-A"], { cwd: slot.tree, env });
  git(["commit", "-q", "-m", "agent"], { cwd: slot.tree, env });
}

/** Throws unless the user's repository, asked by itself, has the commit and the named file in it. */
function assertImported(user, sha, label) {
  const text = git(["cat-file", "-p", `${sha}:new/${label}.txt`], { cwd: user.dir });
  if (text !== label) throw new Error(`${sha} holds ${text}, not ${label}`);
}

function sampleOnce(strategy, slot, times, n) {
  // Different in every slot: with equal commits, the second strategy's import would find them there already.
  const label = `${path.basename(slot.dir)}-${n}`;
  timed(times, "refresh", () => strategy.refresh(slot, slot.user.bases[(n + 1) % 2]));
  const status = git(["status", "--porcelain"], { cwd: slot.tree, env: strategy.agentEnv(slot) });
  if (status !== "") throw new Error(`a refreshed slot is not clean: ${status.slice(0, 200)}`);
  edit(slot, `a${label}`);
  timed(times, "agentCommit", () => agentCommits(slot, strategy.agentEnv(slot)));
  const sha = timed(times, "importCommit", () => strategy.importCommit(slot, readHead(slot.gitDir)));
  assertImported(slot.user, sha, `a${label}`);
  edit(slot, `b${label}`);
  const left = timed(times, "leftOver", () => strategy.commitLeftOver(slot));
  assertImported(slot.user, left, `b${label}`);
}

/** Strategies take turns, and the first turn goes round, so that a busy moment of the machine hits them all alike. */
function inTurns(count, action) {
  const names = Object.keys(strategies);
  for (let n = 0; n < count; n++) {
    for (let turn = 0; turn < names.length; turn++) action(names[(n + turn) % names.length], n);
  }
}

/**
 * Deletes nothing on the way: for some minutes after many files were deleted, ext4 was seen to create new
 * ones 40 times slower. Slots are timed on a repository of their own, so that the samples' has few worktrees.
 */
function measure(files, samples, makes) {
  const times = {};
  const slots = {};
  for (const name of Object.keys(strategies)) {
    times[name] = Object.fromEntries(Object.keys(operations).map((operation) => [operation, []]));
  }
  const users = { make: makeUser(files), samples: makeUser(files) };
  inTurns(makes, (name) => {
    timed(times[name], "make", () => strategies[name].make(users.make, users.make.bases[0], true));
  });
  inTurns(1, (name) => (slots[name] = strategies[name].make(users.samples, users.samples.bases[0], true)));
  inTurns(samples, (name, n) => sampleOnce(strategies[name], slots[name], times[name], n));
  return times;
}

function summary(samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)].toFixed(1)} (${sorted[0].toFixed(1)})`;
}

function printTimes(sizes, samples) {
  console.log(
    `Times in ms, median (min) of ${samples} samples; 4 and 5 end when the user's repository has the commit.`,
  );
  console.log(`Above 10,000 files a slot is made only 3 times. \`git version\` takes ${gitStart()} ms.\n`);
  console.log(`| files | way | ${Object.values(operations).join(" | ")} |\n| ---: | --- |${" ---: |".repeat(5)}`);
  for (const files of sizes) {
    const times = measure(files, samples, files > 10_000 ? Math.min(3, samples) : samples);
    for (const name of Object.keys(strategies)) {
      const cells = Object.keys(operations).map((operation) => summary(times[name][operation]));
      console.log(`| ${files} | ${name} | ${cells.join(" | ")} |`);
    }
  }
}

function gitStart() {
  const times = { start: [] };
  for (let n = 0; n < 15; n++) timed(times, "start", () => git(["version"]));
  return summary(times.start);
}

// ---- reach: what an agent's command changes in the user's repository -----------------------------------------------

/** A small repository with what is easily lost: a side branch, a dangling blob, a worktree on a disk that is away. */
function makeReachUser(shape) {
  const user = makeUser(20, shape);
  git(["reset", "-q", "--hard"], { cwd: user.dir });
  git(["branch", "side", "main~1"], { cwd: user.dir });
  git(["hash-object", "-w", "--stdin"], { cwd: user.dir, input: "dangling\n" });
  git(["worktree", "add", "-q", "--detach", `${user.dir}-away`], { cwd: user.dir });
  remove(`${user.dir}-away`);
  write(path.join(user.dir, "notes.txt"), "not committed\n");
  return user;
}

function listing(dir, skip = () => false) {
  const files = fs.existsSync(dir) ? fs.readdirSync(dir, { recursive: true }).sort() : [];
  const texts = files.filter((file) => !skip(file) && fs.lstatSync(path.join(dir, file)).isFile());
  const parts = texts.map((file) => `${file} ${fs.readFileSync(path.join(dir, file), "base64")}`);
  return createHash("sha1").update(parts.join("\n")).digest("hex");
}

function snapshot(user) {
  const inside = (name) => path.join(user.gitDir, name);
  return {
    config: readOr(inside("config"), ""),
    hooks: listing(inside("hooks")),
    refs: git(["for-each-ref", "--format=%(refname) %(objectname)"], { cwd: user.dir }) + readOr(inside("HEAD"), ""),
    reflogs: listing(inside("logs")),
    objects: git(["cat-file", "--batch-all-objects", "--batch-check"], { cwd: user.dir }),
    "integrity (fsck)": attempt(() => git(["fsck", "--connectivity-only"], { cwd: user.dir })).failure ?? "whole",
    "other worktrees": String(fs.existsSync(inside(`worktrees/${path.basename(user.dir)}-away`))),
    "user's files": listing(user.dir, (file) => file === ".git" || file.startsWith(".git/")),
  };
}

const changed = (before, after) => Object.keys(before).filter((key) => before[key] !== after[key]);

const cleared = `env -i PATH="$PATH" HOME="$HOME"`;
const agentCommands = {
  "`git add -A && git commit`": "date > new.txt; git add -A && git commit -q -m x",
  "the same, environment cleared": `date > new.txt; ${cleared} git add -A && ${cleared} git commit -q -m x`,
  "`git config core.hooksPath /tmp/x`, `alias.x y`": "git config core.hooksPath /tmp/x; git config alias.x y",
  "hook by `rev-parse --git-path hooks`":
    'h=$(git rev-parse --git-path hooks); mkdir -p "$h"; echo evil > "$h/pre-push"',
  "`update-ref refs/heads/main HEAD~1`": "git update-ref refs/heads/main HEAD~1",
  "`branch -f side HEAD`, `tag`": "git branch -f side HEAD; git tag evil",
  "`git stash`": "date > src/d000/f00003.txt; git stash -q",
  "`git worktree prune`": "git worktree prune --expire=now",
  "`git gc --prune=now`": "git gc -q --prune=now",
  "the same gc, environment cleared": `${cleared} git gc -q --prune=now`,
  "`git push origin HEAD:refs/heads/evil`": "git push -q origin HEAD:refs/heads/evil",
  "`git push <user's path> HEAD:refs/heads/evil`": 'git push -q "$USER_DIR" HEAD:refs/heads/evil',
};

function reachOf(strategy, command) {
  const user = makeReachUser();
  const slot = strategy.make(user, user.bases[1], true);
  const before = snapshot(user);
  const env = { ...strategy.agentEnv(slot), USER_DIR: user.dir };
  const { failure } = attempt(() => run("sh", ["-c", command], { cwd: slot.tree, env }));
  const hit = changed(before, snapshot(user));
  const reached = hit.length > 0 ? `**changes ${hit.join(", ")}**` : "nothing";
  return failure ? `${reached} (${short(failure)})` : reached;
}

function short(text) {
  const words = text
    .replaceAll(root, "…")
    .replaceAll("|", "/")
    .replaceAll(/[0-9a-f]{40,64}/g, "<id>");
  return words
    .replace(/^(remote: )?(fatal|error): /, "")
    .trim()
    .slice(0, 60);
}

// ---- reach: does the runner execute what an agent planted ----------------------------------------------------------

const hookNames = "pre-commit post-commit post-checkout post-index-change reference-transaction pre-auto-gc";
const plantHooks = (dir) => `d=${dir}; mkdir -p "$d"; for h in ${hookNames}; do cp "$EVIL" "$d/$h"; done`;
const monitor = (file) => `git config ${file} core.fsmonitor "$EVIL"`;
const filter = (file) =>
  `git config ${file} filter.x.clean "$EVIL"; git config ${file} filter.x.smudge "$EVIL"; echo "* filter=x" > .gitattributes`;
const ownRepository = (dir, config) =>
  `(unset GIT_OBJECT_DIRECTORY GIT_INDEX_FILE; rm -rf ${dir}/.git; git init -q ${dir}; cd ${dir}; date > f; git add f
    git commit -q -m x; ${config}; touch f)`;
const fillSubmodule = (config) =>
  `(unset GIT_OBJECT_DIRECTORY GIT_INDEX_FILE; git clone -q "$USER_DIR" sub; cd sub; git checkout -q --detach main~1
    ${config}; touch src/d000/*)`;
const forge = `const fs = require("fs"), [file] = process.argv.slice(1); fs.rmSync(file);
  fs.writeFileSync(file, require("zlib").deflateSync("blob 5\\0evil\\n"))`;
const looseFile = `$(git rev-parse --git-path objects)/$(git rev-parse HEAD:kept.txt | sed 's,..,&/,')`;
const plants = {
  "`core.fsmonitor`": monitor(""),
  "`filter.x` + .gitattributes": filter(""),
  "hooks in the git directory": plantHooks("$(git rev-parse --git-path hooks)"),
  "`core.hooksPath`": `${plantHooks("$PWD/.hooks")}; git config core.hooksPath "$d"`,
  "`.git` replaced by an own repository": ownRepository(".", `${monitor("")}; ${filter("")}`),
  "`commondir` file in the git directory": `g=$(git rev-parse --absolute-git-dir); e=$(mktemp -d "$HOME/XXXXXX")
     cp -R "$(git rev-parse --git-common-dir)/." "$e"; ${filter('-f "$e/config"')}; echo "$e" > "$g/commondir"`,
  "own repository inside the tree": ownRepository("inner", `${monitor("")}; ${filter("")}`),
  "filled submodule": fillSubmodule(`${monitor("")}; ${filter("")}`),
  "missing object, promisor remote `ext::script`": `git config core.repositoryFormatVersion 1
     git config extensions.partialClone evil; git config remote.evil.promisor true
     git config remote.evil.url "ext::$EVIL stop"; git config protocol.ext.allow always; rm -f "${looseFile}"`,
  "object whose content is not its name": `node -e '${forge}' "${looseFile}"`,
  "`core.worktree` = the user's folder": 'git config core.worktree "$USER_DIR"',
  "`src` a link to the user's": 'rm -rf src; ln -s "$USER_DIR/src" src',
  "`update-index --assume-unchanged`": "git update-index --assume-unchanged kept.txt",
};

/** Lets the runner work on a slot whose agent planted something; says what happened to the runner and to the user. */
function runnerAgainst(strategy, plant, hardened) {
  const user = makeReachUser({ submodule: true });
  const slot = strategy.make(user, user.bases[1], hardened);
  const env = { ...strategy.agentEnv(slot), USER_DIR: user.dir, EVIL: path.join(home, "evil.sh") };
  run("sh", ["-ec", "date > kept.txt; git add -A; git commit -q -m x; echo kept >> kept.txt"], { cwd: slot.tree, env });
  run("sh", ["-ec", plant], { cwd: slot.tree, env });
  const before = snapshot(user);
  const executed = [];
  const notes = [];
  const stage = (name, action) => {
    remove(path.join(home, "marker"));
    const { value, failure } = attempt(action);
    if (fs.existsSync(path.join(home, "marker"))) executed.push(name);
    if (failure && name !== "2nd commit") notes.push(`${name} fails: ${short(failure)}`);
    return value;
  };
  stage("import", () => strategy.importCommit(slot, readHead(slot.gitDir)));
  const sha = stage("commit", () => strategy.commitLeftOver(slot));
  const kept = attempt(() => git(["show", `${sha}:kept.txt`], { cwd: user.dir })).value;
  if (sha && !kept?.endsWith("kept")) notes.push("**edit not committed**");
  // A second time, because the first one may have put a repository of the agent into the index.
  write(path.join(slot.tree, "second.txt"), "second\n");
  stage("2nd commit", () => strategy.commitLeftOver(slot));
  stage("refresh", () => strategy.refresh(slot, user.bases[0]));
  if (changed(before, snapshot(user)).includes("user's files")) notes.push("**changes the user's files**");
  if (executed.length > 0) notes.unshift(`**executes** (first at ${executed[0]})`);
  return notes.join("; ") || "no effect";
}

/** Both ways of running git in the slot: as one types it, and with what can be hardened by options. */
function plainAndHardened(strategy, plant) {
  const [plain, hardened] = [false, true].map((choice) => runnerAgainst(strategy, plant, choice));
  return plain === hardened ? plain : `plain: ${plain}. Hardened: ${hardened}`;
}

// ---- reach: unusual repositories of the user -----------------------------------------------------------------------

function cloneOf(upstream, ...how) {
  git(["config", "uploadpack.allowFilter", "true"], { cwd: upstream.dir });
  git(["clone", "-q", ...how, `file://${upstream.dir}`, `${upstream.dir}-clone`]);
  return describeUser(`${upstream.dir}-clone`);
}

const shapes = {
  "shallow clone": () => cloneOf(makeUser(20), "--depth=1"),
  "partial clone (blob:none)": () => cloneOf(makeUser(20), "--filter=blob:none"),
  "SHA-256": () => makeUser(20, { format: "sha256" }),
  "a linked worktree": () => {
    const user = makeUser(20);
    git(["worktree", "add", "-q", "-b", "linked", `${user.dir}-linked`], { cwd: user.dir });
    return describeUser(`${user.dir}-linked`);
  },
  "submodule, filled by the agent": () => {
    const user = makeUser(20);
    git(["reset", "-q", "--hard"], { cwd: user.dir });
    const allow = ["-c", "protocol.file.allow=always"];
    git([...allow, "submodule", "--quiet", "add", makeUser(20).dir, "module"], { cwd: user.dir });
    git(["commit", "-q", "-m", "submodule"], { cwd: user.dir });
    return describeUser(user.dir);
  },
  "file named in .git/info/exclude": () => {
    const user = makeUser(20);
    write(path.join(user.gitDir, "info/exclude"), "local.txt\n");
    return { ...user, excludes: true };
  },
};

/** A whole round on a base that is younger than the slot; the first step that fails is the answer. */
function roundOn(strategy, makeShape) {
  const user = makeShape();
  let slot, sha, young;
  const steps = {
    make: () => (slot = strategy.make(user, user.bases.at(-1), true)),
    "new base": () => {
      git(["reset", "-q", "--hard"], { cwd: user.dir });
      git(["commit", "-q", "--allow-empty", "-m", "young"], { cwd: user.dir });
      young = git(["rev-parse", "HEAD"], { cwd: user.dir });
    },
    refresh: () => strategy.refresh(slot, young),
    "agent's log": () => git(["log", "--stat"], { cwd: slot.tree, env: strategy.agentEnv(slot) }),
    "agent's submodule update": () =>
      git(["-c", "protocol.file.allow=always", "submodule", "update", "--init"], { cwd: slot.tree }),
    "agent's commit": () => {
      edit(slot, "a");
      agentCommits(slot, strategy.agentEnv(slot));
    },
    import: () => assertImported(user, strategy.importCommit(slot, readHead(slot.gitDir)), "a"),
    "runner's commit": () => {
      edit(slot, "b");
      write(path.join(slot.tree, "local.txt"), "local\n");
      sha = strategy.commitLeftOver(slot);
      assertImported(user, sha, "b");
    },
  };
  for (const [name, step] of Object.entries(steps)) {
    const { failure } = attempt(step);
    if (failure) return `**${name} fails**: ${short(failure)}`;
  }
  const names = git(["ls-tree", "--name-only", sha], { cwd: user.dir }).split("\n");
  return user.excludes && names.includes("local.txt") ? "**commits the excluded file**" : "works";
}

// ---- reach: the table ----------------------------------------------------------------------------------------------

function printReach() {
  write(path.join(home, "evil.sh"), `#!/bin/sh\necho ran >> "${home}/marker"\n[ "$1" = stop ] || exec cat\n`);
  fs.chmodSync(path.join(home, "evil.sh"), 0o755);
  const row = (title, cell) => console.log(`| ${title} | ${Object.values(strategies).map(cell).join(" | ")} |`);
  console.log("\n| reach | A | B | C |\n| --- | --- | --- | --- |");
  for (const [title, command] of Object.entries(agentCommands)) {
    row(`agent: ${title}`, (strategy) => reachOf(strategy, command));
  }
  for (const [title, plant] of Object.entries(plants)) {
    row(`runner: ${title}`, (strategy) => plainAndHardened(strategy, plant));
  }
  for (const [title, makeShape] of Object.entries(shapes)) {
    row(`user: ${title}`, (strategy) => roundOn(strategy, makeShape));
  }
}

// ---- main ----------------------------------------------------------------------------------------------------------

try {
  write(path.join(home, ".gitconfig"), "[user]\n\tname = Bench\n\temail = bench@example.com\n");
  if (options.only !== "reach") printTimes(options.files.split(",").map(Number), Number(options.samples));
  if (options.only !== "times") printReach();
} finally {
  remove(root);
}
