import { chmodSync, existsSync, lstatSync, readFileSync, readlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { config, gate, Repository, test, type Ended, type Sandbox, type Started } from "../rig/sandbox.ts";

const writesItsFile = 'echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';
const works = config(writesItsFile, gate);
const oneTask = "- [ ] one\n";
const files = { "ROADMAP.md": oneTask, "nightcrew.yaml": works };
const runAll = ["run", "ROADMAP.md", "--yes"] as const;

function expectLanded({ code, stdout, stderr }: Ended): void {
  expect(stderr).toBe("");
  expect(stdout).toMatch(/(The task|All \d+ tasks) landed on main\./);
  expect(code).toBe(0);
}

function expectCleanAndSound(repo: Repository): void {
  expect(repo.git("status", "--porcelain")).toBe("");
  expect(repo.git("fsck", "--no-dangling", "--no-progress")).toBe("");
}

/** A repository whose one task runs this script, with more files. */
function scripted(sandbox: Sandbox, script: string, more: Readonly<Record<string, string | Buffer>> = {}): Repository {
  return sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(script, gate), ...more });
}

/** Of what agents of these tests do, the diff policy would refuse some. */
const unwatched = "policy: {rules: {gate-files: off, symlinks: off}}\n";

/** Paths of a commit, exactly. */
function paths(repo: Repository, revision = "main"): string[] {
  return repo.git("ls-tree", "-r", "-z", "--name-only", revision).split("\0").filter(Boolean);
}

/** The run's end; it is interrupted once work could not be kept, which would be tried for half a minute. */
async function endOrLoss(run: Started): Promise<Ended> {
  const lost = run.saw("the workspace could not be used").then(
    () => run.child.kill("SIGINT"),
    () => false,
  );
  const ended = await run.ended;
  await lost;
  return ended;
}

describe("submodules", () => {
  async function withSubmodule(sandbox: Sandbox, script: string): Promise<{ repo: Repository; run: Ended }> {
    const library = sandbox.repository({ "lib.txt": "lib\n" }, "library");
    const repo = scripted(sandbox, script);
    repo.git("submodule", "--quiet", "add", library.path, "lib");
    repo.git("commit", "--quiet", "--message", "Add lib");
    return { repo, run: await repo.run(runAll) };
  }

  test("are left alone, which is said; the filled one of the user's checkout too", async ({ sandbox }) => {
    const { repo, run } = await withSubmodule(sandbox, `ls lib > seen.txt; ${writesItsFile}`);
    expectLanded(run);
    expect(run.stdout).toContain("submodules are left alone");
    expect(repo.read("seen.txt")).toBe("");
    expect(repo.read("lib/lib.txt")).toBe("lib\n");
    expect(repo.git("submodule", "status")).toMatch(/^ [0-9a-f]{40} lib /);
    expectCleanAndSound(repo);
  });

  test.for([["echo x > lib/x"], ["rm -r lib"], ["rm -r lib; echo x > lib"]] as const)(
    "stay at their commit whatever an agent does in their place: %s",
    async ([script], { sandbox }) => {
      const { repo, run } = await withSubmodule(sandbox, `${script}; ${writesItsFile}`);
      expectLanded(run);
      expect(repo.git("ls-tree", "main", "lib")).toBe(repo.git("ls-tree", "main~1", "lib"));
      expect(repo.git("ls-tree", "main", "lib")).toMatch(/^160000 commit/);
      expect(repo.read("lib/lib.txt")).toBe("lib\n");
    },
  );

  test("with uncommitted work inside do not make the checkout dirty, and keep it", async ({ sandbox }) => {
    const library = sandbox.repository({ "lib.txt": "lib\n" }, "library");
    const repo = sandbox.repository(files);
    repo.git("submodule", "--quiet", "add", library.path, "lib");
    repo.git("commit", "--quiet", "--message", "Add lib");
    repo.write("lib/lib.txt", "edited\n");
    repo.write("lib/new.txt", "new\n");
    expectLanded(await repo.run(runAll));
    expect([repo.read("lib/lib.txt"), repo.read("lib/new.txt"), repo.read("1.txt")]).toEqual([
      "edited\n",
      "new\n",
      "1\n",
    ]);
  });
});

describe("Git LFS files", () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 12345\n`;
  const lfs = { ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "data.bin": pointer };

  test("are pointers in workspaces, which is said, and land unchanged", async ({ sandbox }) => {
    const repo = scripted(sandbox, "cp data.bin copy.txt; touch data.bin", lfs);
    const run = await repo.run(runAll);
    expectLanded(run);
    expect(run.stdout).toContain("Git LFS files are left alone: workspaces hold their pointers");
    expect(repo.read("copy.txt")).toBe(pointer);
    expect(repo.show("main", "data.bin")).toBe(pointer);
    expectCleanAndSound(repo);
  });

  test("are not filtered by a git-lfs that the user's configuration asks for and that is not installed", async ({
    sandbox,
  }) => {
    const repo = scripted(sandbox, "touch data.bin; echo a > a", lfs);
    // Old enough that git need not look into it to know that it is as committed.
    utimesSync(join(repo.path, "data.bin"), 1, 1);
    repo.git("update-index", "--refresh");
    for (const [key, value] of [
      ["process", "no-git-lfs filter-process"],
      ["clean", "no-git-lfs clean"],
      ["smudge", "no-git-lfs smudge"],
      ["required", "true"],
    ] as const)
      repo.git("config", "--global", `filter.lfs.${key}`, value);
    expectLanded(await repo.run(runAll));
    expect(repo.show("main", "data.bin")).toBe(pointer);
    expect(repo.read("a")).toBe("a\n");
  });
});

describe("a repository", () => {
  test("of one commit and one file is worked on", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "nightcrew.yaml": config("git rm -q nightcrew.yaml; echo a > a", `${gate}${unwatched}`),
    });
    expectLanded(await repo.run(["run", "Swap it", "--yes"]));
    expect(paths(repo)).toEqual(["a"]);
    expectCleanAndSound(repo);
  });

  test("of which an agent deletes every file lands as an empty tree", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "nightcrew.yaml": config("git rm -rq .", `${gate}${unwatched}`),
      "a/b/c": "c\n",
    });
    expectLanded(await repo.run(["run", "Delete it all", "--yes"]));
    expect(paths(repo)).toEqual([]);
    expectCleanAndSound(repo);
  });

  test("that is a shallow clone stays one, and agents may commit in it", async ({ sandbox }) => {
    const origin = sandbox.repository(files, "origin");
    for (const n of [1, 2, 3]) origin.commit({ [`${n}.old`]: "" }, `Old ${n}`);
    const script = "git log --oneline > history; echo a > a; git add -A; git commit -qm Mine; echo b > b";
    origin.commit({ "nightcrew.yaml": config(script, gate) }, "Configure");
    origin.git("clone", "--quiet", "--depth", "2", `file://${origin.path}`, sandbox.path("repo"));
    const repo = new Repository(sandbox, sandbox.path("repo"));
    expectLanded(await repo.run(runAll));
    expect(repo.git("rev-parse", "--is-shallow-repository")).toBe("true");
    expect(repo.read("history").trim().split("\n")).toHaveLength(2);
    expect(repo.git("log", "--format=%s", "main^2", "--not", "main^1").split("\n")).toEqual(["one", "Mine"]);
    expectCleanAndSound(repo);
  });

  test("is worked on from a linked work tree of it; the main one stays as it is", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.git("worktree", "add", "--quiet", "-b", "side", sandbox.path("side"));
    const side = new Repository(sandbox, sandbox.path("side"));
    side.commit({ "ROADMAP.md": "- [ ] only on the side\n" }, "Plan");
    const run = await side.run(runAll);
    expect(run.stdout).toContain("The task landed on side.");
    expect(side.read("ROADMAP.md")).toBe("- [x] only on the side\n");
    expect(side.git("status", "--porcelain")).toBe("");
    expect(repo.read("ROADMAP.md")).toBe(oneTask);
    expectCleanAndSound(repo);
    expect(repo.git("worktree", "list").split("\n")).toHaveLength(2);
  });

  test("with SHA-256 object names is worked on, by agents that commit too", async ({ sandbox }) => {
    const script = `git rev-parse HEAD > head; git add -A; git commit -qm Mine; ${writesItsFile}`;
    const yaml = config(script, gate);
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": yaml }, "repo", [
      "--object-format=sha256",
    ]);
    expectLanded(await repo.run(runAll));
    expect(repo.read("head").trim()).toHaveLength(64);
    expect(repo.read("ROADMAP.md")).toBe("- [x] one\n");
    expectCleanAndSound(repo);
  });

  test.for([
    ["a path with blanks and quotes", `it's "the" repo`, `my 'own' "home"`],
    ["a path beyond ASCII", "dépôt 仓库 🌙", "maison 家"],
    ["a path of characters that shells and git know", "a$b;c&d#(e)[f]*~:g", "h%i\\j{k}:l"],
  ] as const)("at %s, with a home of that kind, is worked on", async ([, name, home], { sandbox }) => {
    const script = `git log --oneline -1 > log; git add -A; git commit -qm Mine; cp "$NIGHTCREW_TASK_FILE" task.md`;
    const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(script, gate) }, name);
    const env = { NIGHTCREW_HOME: sandbox.path(home) };
    expectLanded(await repo.run(runAll, env));
    expect(repo.read("task.md")).toMatch(/^# one\n/);
    expect(existsSync(sandbox.path(home, "store.db"))).toBe(true);
    expectCleanAndSound(repo);
    const logs = await repo.run(["logs", "1"], env);
    expect(logs.code).toBe(0);
  });

  // open-repository.ts:openRepository resolves git's answer, which is relative to the current folder, against the top folder.
  test("is found from a folder below its top", async ({ sandbox }) => {
    const repo = sandbox.repository({ ...files, "docs/deep/a": "" });
    expectLanded(await sandbox.nightcrew(["run", "../../ROADMAP.md", "--yes"], { cwd: join(repo.path, "docs/deep") }));
  });

  test("of a user without a name gets nightcrew's on its commits", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    sandbox.write("user/.gitconfig", "");
    expectLanded(await repo.run(runAll));
    expect(repo.git("log", "-1", "--format=%an <%ae> %cn", "main")).toBe("nightcrew <nightcrew@localhost> nightcrew");
  });

  test("whose surrounding git set its variables, as in a hook or an alias, is worked on all the same", async ({
    sandbox,
  }) => {
    const repo = sandbox.repository(files);
    const other = sandbox.repository({ a: "a\n" }, "other");
    const env = {
      GIT_DIR: join(other.path, ".git"),
      GIT_INDEX_FILE: join(other.path, ".git/index"),
      GIT_WORK_TREE: other.path,
    };
    expectLanded(await repo.run(runAll, env));
    expect(repo.read("1.txt")).toBe("1\n");
    expect(other.git("status", "--porcelain")).toBe("");
  });
});

describe("what an agent leaves", () => {
  test("may have any file name", async ({ sandbox }) => {
    const names = [
      "line\nbreak",
      "tab\tstop",
      `it's "quoted"`,
      "back\\slash",
      " blanks ",
      "-dash",
      "*?[x]",
      "été",
      "文件 🌙",
      "e\u0301",
      ":(top)x",
      "a/new\nfolder/b",
      "HEAD",
      "--",
      "\u0001",
    ];
    const list = sandbox.write("names", names.join("\0"));
    const script = `xargs -0 sh -c 'for name; do mkdir -p "$(dirname -- "./$name")"; printf "%s" "$name" > "./$name"; done' sh < '${list}'`;
    const repo = scripted(sandbox, script);
    expectLanded(await repo.run(runAll));
    expect(paths(repo).sort()).toEqual(["ROADMAP.md", "nightcrew.yaml", ...names].sort());
    for (const name of names) expect(repo.read(`./${name}`)).toBe(name);
    expectCleanAndSound(repo);
  });

  test("may be links, executable files and folders of both, and they land as such", async ({ sandbox }) => {
    const script = `ln -s ROADMAP.md link; ln -s /etc outside; ln -s nowhere dangling; mkdir d; ln -s ../d d/loop
      printf '#!/bin/sh\\n' > tool; chmod +x tool; chmod +x was; chmod -x wasx; mkdir empty`;
    const yaml = config(script, `${gate}${unwatched}`);
    const repo = scripted(sandbox, script, { was: "", wasx: "", "nightcrew.yaml": yaml });
    repo.git("update-index", "--chmod=+x", "wasx");
    repo.git("commit", "--quiet", "--message", "Executable");
    repo.git("checkout", "--", "wasx");
    const run = await repo.run(runAll);
    expectLanded(run);
    const modes = Object.fromEntries(
      repo
        .git("ls-tree", "-r", "--format=%(path) %(objectmode)", "main")
        .split("\n")
        .map((line) => line.split(" ")),
    ) as Record<string, string>;
    expect(modes).toEqual({
      "ROADMAP.md": "100644",
      "nightcrew.yaml": "100644",
      "d/loop": "120000",
      dangling: "120000",
      link: "120000",
      outside: "120000",
      tool: "100755",
      was: "100755",
      wasx: "100644",
    });
    expect(readlinkSync(join(repo.path, "outside"))).toBe("/etc");
    expect(lstatSync(join(repo.path, "tool")).mode & 0o111).not.toBe(0);
    expectCleanAndSound(repo);
  });

  test("may be deleted, moved, exchanged with a folder or a link, and differ only in the case of a name", async ({
    sandbox,
  }) => {
    const script = `rm gone; git mv from to; git mv staged "d/moved it"; rm file; mkdir file; echo in > file/in
      rm -r folder; echo f > folder; rm plain; ln -s to plain; echo upper > NAME`;
    const repo = scripted(sandbox, script, {
      gone: "g\n",
      from: "from\n",
      staged: "s\n",
      "d/keep": "",
      file: "f\n",
      "folder/in": "i\n",
      plain: "p\n",
      name: "lower\n",
    });
    const run = await repo.run(runAll);
    expectLanded(run);
    expect(paths(repo)).toEqual([
      "NAME",
      "ROADMAP.md",
      "d/keep",
      "d/moved it",
      "file/in",
      "folder",
      "name",
      "nightcrew.yaml",
      "plain",
      "to",
    ]);
    expect([repo.read("to"), repo.read("folder"), repo.read("plain"), repo.read("name")]).toEqual([
      "from\n",
      "f\n",
      "from\n",
      "lower\n",
    ]);
    expectCleanAndSound(repo);
  });

  test("may be binary, empty or large, and lands byte for byte", async ({ sandbox }) => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7919) % 256));
    const repo = scripted(sandbox, "cat bytes bytes > twice; : > nothing; head -c 5000000 /dev/zero > zeros", {
      bytes,
    });
    const run = await repo.run(runAll);
    expectLanded(run);
    expect(run.stdout).toMatch(/3 files, \+0 −0/);
    expect(readFileSync(join(repo.path, "twice")).equals(Buffer.concat([bytes, bytes]))).toBe(true);
    expect(readFileSync(join(repo.path, "zeros"))).toHaveLength(5_000_000);
    expectCleanAndSound(repo);
  });

  test("that changes no file is no work: empty commits, touched files, changes taken back", async ({ sandbox }) => {
    const script = `case $NIGHTCREW_TASK in
      1) git commit -q --allow-empty -m Done ;; 2) touch ROADMAP.md a ;; 3) echo x > a; git commit -qam x; git revert --no-edit HEAD >/dev/null ;; 4) mkdir -p only/folders ;; esac`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n- [ ] three\n- [ ] four\n",
      a: "a\n",
      "nightcrew.yaml": config(script, `attempts: 1\n${gate}`),
    });
    const before = repo.git("rev-parse", "main");
    const run = await repo.run(runAll);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("0 of 4 tasks landed on main; 4 failed.");
    expect(run.stdout.match(/^ {2}the agent ended without changing anything$/gm)).toHaveLength(4);
    expect(repo.git("rev-parse", "main")).toBe(before);
  });

  // workspace/collect.ts:addAll cannot tell a folder from git's message when its name has an apostrophe.
  test("as an empty repository in a folder with an apostrophe is refused like any other", async ({ sandbox }) => {
    const script = `mkdir "it's"; cd "it's"; git init -q; echo b > b`;
    const repo = sandbox.repository({
      "ROADMAP.md": oneTask,
      "nightcrew.yaml": config(script, `attempts: 1\n${gate}`),
    });
    const run = await endOrLoss(repo.start(runAll));
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("left a git repository inside the work tree: it's");
  });
});

describe("what git ignores", () => {
  test("by .git/info/exclude, the user's excludes file and git's own default place is no work", async ({ sandbox }) => {
    const script = "echo a > a.local; echo b > b.mine; echo c > c.xdg; echo d > d.txt";
    for (const [place, setting] of [
      ["excludes", "~/excludes"],
      [".config/git/ignore", null],
    ] as const) {
      const name = place.replaceAll("/", "-");
      sandbox.write(`user/${place}`, place === "excludes" ? "*.mine\n" : "*.xdg\n");
      const repo = sandbox.repository({ "ROADMAP.md": oneTask, "nightcrew.yaml": config(script, gate) }, name);
      repo.write(".git/info/exclude", "*.local\n");
      if (setting !== null) repo.git("config", "core.excludesFile", setting);
      expectLanded(await repo.run(runAll));
      const left = setting === null ? "b.mine" : "c.xdg";
      expect(paths(repo)).toEqual(["ROADMAP.md", left, "d.txt", "nightcrew.yaml"]);
      expectCleanAndSound(repo);
    }
  });
});

describe("line ends", () => {
  test("with core.autocrlf are CRLF in work trees and LF in commits, and no file is changed by them", async ({
    sandbox,
  }) => {
    const script = "cp old.txt seen.txt; printf 'new\\r\\n' > new.txt; echo more >> old.txt";
    const repo = scripted(sandbox, script, { "old.txt": "old\nlines\n", "other.txt": "other\n" });
    repo.git("config", "core.autocrlf", "true");
    repo.git("rm", "-rq", "--cached", ".");
    repo.git("reset", "--quiet", "--hard");
    const run = await repo.run(runAll);
    expectLanded(run);
    expect(run.stdout).toContain("3 files");
    expect(repo.show("main", "seen.txt")).toBe("old\nlines\n");
    expect(repo.show("main", "new.txt")).toBe("new\n");
    expect(repo.show("main", "ROADMAP.md")).toBe("- [x] one\n");
    expect(repo.read("ROADMAP.md")).toBe("- [x] one\r\n");
    expect(repo.read("new.txt")).toBe("new\r\n");
    expectCleanAndSound(repo);
  });

  // open-repository.ts:keptSettings hands core.safecrlf on, and `git add` then refuses the agent's files.
  test("that core.safecrlf objects to do not cost the work", async ({ sandbox }) => {
    const repo = scripted(sandbox, "printf 'one\\r\\ntwo\\n' > mixed.txt");
    repo.git("config", "core.autocrlf", "input");
    repo.git("config", "core.safecrlf", "true");
    expectLanded(await endOrLoss(repo.start(runAll)));
    expect(repo.show("main", "mixed.txt")).toBe("one\ntwo\n");
  });
});

describe("the user's git", () => {
  const hooks = [
    "pre-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "pre-merge-commit",
    "post-merge",
    "post-checkout",
    "reference-transaction",
    "post-index-change",
    "post-rewrite",
    "pre-auto-gc",
  ];

  test("hooks are not run by nightcrew, and stay: of the repository and of core.hooksPath", async ({ sandbox }) => {
    const mark = sandbox.path("mark");
    const repo = scripted(
      sandbox,
      "git config core.hooksPath /dev/null; echo more >> more; git add -A; git commit -qm Mine",
    );
    const hook = `#!/bin/sh\necho "$0" >> '${mark}'\nexit 1\n`;
    for (const folder of [".git/hooks", "../shared"]) {
      for (const name of hooks) {
        repo.write(`${folder}/${name}`, hook);
        chmodSync(join(repo.path, folder, name), 0o755);
      }
    }
    expectLanded(await repo.run(runAll));
    repo.git("config", "--global", "core.hooksPath", sandbox.path("shared"));
    expectLanded(await repo.run(["run", "Again", "--yes"]));
    expect(existsSync(mark)).toBe(false);
    expect(repo.read(".git/hooks/pre-commit")).toBe(hook);
  });

  test("signing, templates and ways to merge are not used, and what asks for a person is not asked", async ({
    sandbox,
  }) => {
    const repo = scripted(sandbox, `${writesItsFile}; git add -A; git commit -qm Mine; echo more > more`);
    const settings = {
      "commit.gpgSign": "true",
      "tag.gpgSign": "true",
      "gpg.program": "/bin/false",
      "user.signingKey": "none",
      "commit.template": "/nowhere",
      "core.editor": "/bin/false",
      "merge.ff": "false",
      "pull.rebase": "true",
      "rerere.enabled": "true",
      "core.fsmonitor": "/bin/false",
      "core.pager": "/bin/false",
      "color.ui": "always",
      "diff.external": "/bin/false",
      "diff.noprefix": "true",
      "status.short": "true",
      "status.showUntrackedFiles": "no",
      "log.showSignature": "true",
      "core.quotePath": "true",
      "merge.autoStash": "true",
    };
    for (const [key, value] of Object.entries(settings)) repo.git("config", "--global", key, value);
    expectLanded(await repo.run(runAll));
    repo.git("config", "--global", "color.ui", "never");
    repo.git("config", "--global", "log.showSignature", "false");
    expect(repo.git("log", "--topo-order", "--format=%G? %s", "main").split("\n")).toEqual([
      "N one (1)",
      "N one",
      "N Mine",
      "N Start",
    ]);
    expect(repo.git("stash", "list")).toBe("");
  });

  test("reflog says who moved the branches", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.git("branch", "other");
    await repo.run([...runAll, "--target", "other"]);
    expect(repo.git("reflog", "-1", "other")).toContain("nightcrew: landed");
  });
});
