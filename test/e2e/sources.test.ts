import { chmodSync, existsSync, lstatSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { config, gate, jsonLines, test, type Ended, type Repository, type Started } from "../rig/sandbox.ts";

const writesItsFile = 'echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';
const works = config(writesItsFile, gate);

/** Number of bytes in which two texts of one length differ. */
function differingBytes(before: string, after: string): number {
  const [a, b] = [Buffer.from(before), Buffer.from(after)];
  expect(b).toHaveLength(a.length);
  return a.filter((byte, index) => byte !== b[index]).length;
}

/** Every landing ticked one box, and changed no other byte of the file. */
function expectOneByteEach(repo: Repository, name: string, count: number): void {
  const commits = repo.landings();
  expect(commits).toHaveLength(count);
  for (const commit of commits) expect(differingBytes(repo.show(`${commit}^1`, name), repo.show(commit, name))).toBe(1);
}

function expectAllLanded({ code, stdout, stderr }: Ended): void {
  expect(stderr).toBe("");
  expect(stdout).toMatch(/(All \d+ tasks|The task) landed on main\./);
  expect(code).toBe(0);
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

describe("the tick of a landing changes one byte of a roadmap", () => {
  test.for([
    ["with CRLF line ends", "# Road\r\n\r\n- [ ] one\r\n  more of it\r\n- [ ] two\r\n", [2]],
    ["with mixed line ends", "# Road\n\r\n- [ ] one\r\n- [ ] two\n- [ ] three\r\n", [3]],
    ["with a byte order mark", "\uFEFF- [ ] one\n- [ ] two\n", [2]],
    ["with a byte order mark, CRLF and no final line end", "\uFEFF# Road\r\n\r\n- [ ] one\r\n- [ ] two", [2]],
    ["without a final line end", "- [ ] one\n- [ ] two", [2]],
    ["with trailing blanks and tabs", "-\t[ ] one  \n- [ ] two\t\n\n\n", [2]],
    ["with every marker of a list", "* [ ] one\n\n1. [ ] two\n2. [ ] three\n\n+ [ ] four\n\n3) [ ] five\n", [5]],
    ["with a title twice", "- [ ] same\n- [ ] same\n- [ ] other\n", [3]],
    ["with characters of two and more bytes before and behind the box", "# 計画 🌙\n\n- [ ] é 🎉\n- [ ] 二\n", [2]],
    ["inside a quotation", "> - [ ] one\n> - [ ] two\n", [2]],
  ] as const)("%s", async ([, text, [count]], { sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": text, "nightcrew.yaml": works });
    expectAllLanded(await repo.run(["run", "ROADMAP.md", "--yes"]));
    expectOneByteEach(repo, "ROADMAP.md", count);
    expect(repo.show("main", "ROADMAP.md")).toBe(text.replaceAll("[ ]", "[x]"));
    expect(repo.read("ROADMAP.md")).toBe(text.replaceAll("[ ]", "[x]"));
    expect(repo.git("status", "--porcelain")).toBe("");
  });

  test("and leaves what only looks like a box: in code, comments, tables and text", async ({ sandbox }) => {
    const looks = [
      "```\n- [ ] fenced\n```",
      "    - [ ] indented",
      "<!--\n- [ ] commented\n-->",
      "| a | b |\n| --- | --- |\n| - [ ] cell | [ ] |",
      "Say `- [ ] code` and [ ] text",
      "- [ ]glued",
      "- [x] real",
      "~~~md\n- [ ] real\n~~~",
    ].join("\n\n");
    const text = `${looks}\n\n- [ ] real\n`;
    const repo = sandbox.repository({ "ROADMAP.md": text, "nightcrew.yaml": works });
    expectAllLanded(await repo.run(["run", "ROADMAP.md", "--yes"]));
    expect(repo.show("main", "ROADMAP.md")).toBe(`${looks}\n\n- [x] real\n`);
  });

  test.for([
    ["docs/plan/ROADMAP.md"],
    ["docs/mon plan d'été/Feuille de route – 路线图 🌙.md"],
    ['[a]*?/{b} "q"/-ROADMAP.md'],
  ] as const)("at %s", async ([name], { sandbox }) => {
    const repo = sandbox.repository({
      [name]: "- [ ] one\n- [ ] two\n",
      "docs/other.md": "- [ ] one\n",
      "nightcrew.yaml": works,
    });
    expectAllLanded(await repo.run(["run", `./${name}`, "--yes"]));
    expectOneByteEach(repo, name, 2);
    expect(repo.read(name)).toBe("- [x] one\n- [x] two\n");
    expect(repo.read("docs/other.md")).toBe("- [ ] one\n");
  });

  // open-repository.ts:openRepository resolves git's answer, which is relative to the current folder, against the top folder.
  test("named from a folder below the top", async ({ sandbox }) => {
    const repo = sandbox.repository({ "docs/ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": works });
    expectAllLanded(await sandbox.nightcrew(["run", "ROADMAP.md", "--yes"], { cwd: join(repo.path, "docs") }));
    expect(repo.read("docs/ROADMAP.md")).toBe("- [x] one\n");
  });

  test("and not its mode, nor the symbolic link it was named by", async ({ sandbox }) => {
    const repo = sandbox.repository({ "docs/plan.md": "- [ ] one\n", "nightcrew.yaml": works });
    chmodSync(join(repo.path, "docs/plan.md"), 0o755);
    symlinkSync("docs/plan.md", join(repo.path, "ROADMAP.md"));
    repo.commit({}, "Executable, and linked");
    expectAllLanded(await repo.run(["run", "ROADMAP.md", "--yes"]));
    expect(repo.git("ls-tree", "-r", "main", "ROADMAP.md", "docs/plan.md").split("\n")).toEqual([
      expect.stringMatching(/^120000 .*ROADMAP\.md$/),
      expect.stringMatching(/^100755 .*docs\/plan\.md$/),
    ]);
    expect(repo.show("main", "docs/plan.md")).toBe("- [x] one\n");
    expect(lstatSync(join(repo.path, "ROADMAP.md")).isSymbolicLink()).toBe(true);
  });
});

describe("an agent's own edits of the roadmap", () => {
  const text = "# Road\n\n- [ ] one\n- [ ] two\n";

  test.for([
    ["left in the work tree", "sed -i 's/\\[ \\]/[x]/' ROADMAP.md; echo more >> ROADMAP.md"],
    ["committed", "sed -i 's/\\[ \\]/[x]/; s/Road/Mine/' ROADMAP.md; git commit -qam 'Tick it all'"],
    ["that delete it", "git rm -q ROADMAP.md"],
    ["that move it", "mkdir docs; git mv ROADMAP.md docs/ROADMAP.md"],
    ["that make it executable", "chmod +x ROADMAP.md"],
    ["that make a link of it", "ln -sf nightcrew.yaml ROADMAP.md"],
  ] as const)("%s are undone, and said", async ([, edit], { sandbox }) => {
    const script = `${edit}; ${writesItsFile}; test $NIGHTCREW_TASK = 1 || exit 3`;
    const repo = sandbox.repository({
      "ROADMAP.md": text,
      "nightcrew.yaml": config(script, `attempts: 1\n${gate}`),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.stdout).toContain("1 of 2 tasks landed on main; 1 failed.");
    expect(run.stdout).toContain("note 1: the agent's edits of ROADMAP.md were left out");
    expect(repo.git("ls-tree", "main", "ROADMAP.md")).toMatch(/^100644 blob/);
    expect(repo.show("main", "ROADMAP.md")).toBe(text.replace("[ ] one", "[x] one"));
    expect(repo.read("1.txt")).toBe("1\n");
  });

  // workspace/collect.ts:keepProtected: `update-index --cacheinfo` does not replace a file by a folder or the other way round.
  test.for([
    ["that put a folder in its place", "ROADMAP.md", "rm ROADMAP.md; mkdir ROADMAP.md; echo a > ROADMAP.md/a"],
    ["that put a file in its folder's place", "docs/ROADMAP.md", "rm -r docs; echo a > docs"],
  ] as const)("%s are undone, and said", async ([, name, edit], { sandbox }) => {
    const repo = sandbox.repository({
      [name]: "- [ ] one\n",
      "nightcrew.yaml": config(`${edit}; ${writesItsFile}`, gate),
    });
    const run = await endOrLoss(repo.start(["run", name, "--yes"]));
    expectAllLanded(run);
    expect(run.stdout).toContain(`note 1: the agent's edits of ${name} were left out`);
    expect(repo.show("main", name)).toBe("- [x] one\n");
  });

  test("are no work: nothing else changed is nothing changed", async ({ sandbox }) => {
    const script = "sed -i 's/\\[ \\]/[x]/' ROADMAP.md; git commit -qam Done";
    const repo = sandbox.repository({ "ROADMAP.md": text, "nightcrew.yaml": config(script, `attempts: 1\n${gate}`) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("0 of 2 tasks landed on main; 2 failed.");
    expect(run.stdout).toContain("the agent ended without changing anything");
    expect(repo.show("main", "ROADMAP.md")).toBe(text);
  });
});

/** A script whose first task edits the user's roadmap by `sed` and commits it there, as a person might meanwhile. */
function personEdits(path: string, sed: string): string {
  return `if [ $NIGHTCREW_TASK = 1 ]; then cd '${path}' && sed -i '${sed}' ROADMAP.md && git commit -qam Person; cd "$OLDPWD"; fi; ${writesItsFile}`;
}

describe("a person's edit of the roadmap that is committed to the target during the run", () => {
  const text = "# Road\n\n- [ ] one\n- [ ] two\n";

  test.for([
    [
      "above the boxes",
      "1s/.*/# The road ahead\\n\\nMore words./",
      "# The road ahead\n\nMore words.\n\n- [x] one\n- [x] two\n",
    ],
    [
      "new boxes between them",
      "3s/.*/- [ ] zero\\n&\\n- [ ] half/",
      "# Road\n\n- [ ] zero\n- [x] one\n- [ ] half\n- [x] two\n",
    ],
    ["below a box", "3s/$/\\n  in this way/", "# Road\n\n- [x] one\n  in this way\n- [x] two\n"],
    ["in another order", "3{h;d};4G", "# Road\n\n- [x] two\n- [x] one\n"],
    // Of the one that is worked on: what nobody began would be cancelled.
    ["its box ticked by hand", "3s/ \\]/x]/", "# Road\n\n- [x] one\n- [x] two\n"],
  ] as const)("survives, and the right boxes are ticked: %s", async ([, sed, expected], { sandbox }) => {
    const script = personEdits(sandbox.path("repo"), sed);
    const repo = sandbox.repository({ "ROADMAP.md": text, "nightcrew.yaml": config(script, gate) });
    expectAllLanded(await repo.run(["run", "ROADMAP.md", "--yes", "--workers", "1"]));
    expect(repo.show("main", "ROADMAP.md")).toBe(expected);
    expect(repo.git("log", "--format=%s", "main")).toContain("Person");
    expect(repo.git("status", "--porcelain")).toBe("");
  });

  test.for([
    [
      "rewords a box",
      "s/one/One, in other words/",
      "the box was not found any more",
      text.replace("one", "One, in other words"),
    ],
    ["takes a box out", "3d", "the box was not found any more", "# Road\n\n- [ ] two\n"],
  ] as const)(
    "and %s: the work lands, and it is said which box was not ticked",
    async ([, sed, note, left], { sandbox }) => {
      const script = personEdits(sandbox.path("repo"), sed);
      const repo = sandbox.repository({ "ROADMAP.md": text, "nightcrew.yaml": config(script, gate) });
      const run = await repo.run(["run", "ROADMAP.md", "--yes", "--workers", "1"]);
      expectAllLanded(run);
      expect(run.stdout).toContain("note 1: its box was not ticked");
      expect(run.stdout).toContain(note);
      expect(run.stdout).not.toContain("note 2:");
      expect(repo.show("main", "ROADMAP.md")).toBe(left.replace("[ ] two", "[x] two"));
    },
  );

  test("and deletes the file: the work lands, and it is said", async ({ sandbox }) => {
    const script = `if [ $NIGHTCREW_TASK = 1 ]; then git -C '${sandbox.path("repo")}' rm -q ROADMAP.md && git -C '${sandbox.path("repo")}' commit -qm Person; fi; ${writesItsFile}`;
    const repo = sandbox.repository({ "ROADMAP.md": text, "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--workers", "1"]);
    expectAllLanded(run);
    expect(run.stdout).toContain("note 1: its box was not ticked: the roadmap is not in the target");
    expect(existsSync(join(repo.path, "ROADMAP.md"))).toBe(false);
  });
});

describe("a roadmap that git does not track", () => {
  const text = "\uFEFF# Mine\r\n\r\n- [ ] one\r\n- [ ] two";

  test("is ticked in place: its bytes, mode and neighbours are kept", async ({ sandbox }) => {
    const repo = sandbox.repository({ "nightcrew.yaml": works });
    repo.write("notes/ROADMAP.md", text);
    chmodSync(join(repo.path, "notes/ROADMAP.md"), 0o640);
    expectAllLanded(await repo.run(["run", "notes/ROADMAP.md", "--yes"]));
    expect(repo.read("notes/ROADMAP.md")).toBe(text.replaceAll("[ ]", "[x]"));
    expect(lstatSync(join(repo.path, "notes/ROADMAP.md")).mode & 0o777).toBe(0o640);
    expect(repo.git("status", "--porcelain", "--untracked-files=all")).toBe("?? notes/ROADMAP.md");
    expect(repo.git("ls-tree", "-r", "--name-only", "main").split("\n")).toEqual(["1.txt", "2.txt", "nightcrew.yaml"]);
  });

  test("because it is ignored, is ticked in place", async ({ sandbox }) => {
    const repo = sandbox.repository({ ".gitignore": "*.md\n", "nightcrew.yaml": works });
    repo.write("ROADMAP.md", text);
    expectAllLanded(await repo.run(["run", "ROADMAP.md", "--yes"]));
    expect(repo.read("ROADMAP.md")).toBe(text.replaceAll("[ ]", "[x]"));
    expect(repo.git("status", "--porcelain")).toBe("");
  });

  test("because it is outside of the repository, is ticked in place, through a link too", async ({ sandbox }) => {
    const repo = sandbox.repository({ "nightcrew.yaml": works });
    const file = sandbox.write("plans/next week.md", text);
    symlinkSync(file, sandbox.path("link.md"));
    expectAllLanded(await repo.run(["run", "../link.md", "--yes"]));
    expect(sandbox.read("plans/next week.md")).toBe(text.replaceAll("[ ]", "[x]"));
    expect(lstatSync(sandbox.path("link.md")).isSymbolicLink()).toBe(true);
  });

  test("keeps what a person writes into it during the run", async ({ sandbox }) => {
    const script = `test $NIGHTCREW_TASK != 1 || sed -i '1s/^/Written meanwhile\\n\\n/' '${sandbox.path("repo/ROADMAP.md")}'; ${writesItsFile}`;
    const repo = sandbox.repository({ "nightcrew.yaml": config(script, gate) });
    repo.write("ROADMAP.md", "- [ ] one\n- [ ] two\n");
    expectAllLanded(await repo.run(["run", "ROADMAP.md", "--yes", "--workers", "1"]));
    expect(repo.read("ROADMAP.md")).toBe("Written meanwhile\n\n- [x] one\n- [x] two\n");
  });

  // engine/perform.ts:tickUntracked drops what Sources.tickInPlace answers.
  test("and is gone when a task lands: it is said that the box was not ticked", async ({ sandbox }) => {
    const script = `rm -f '${sandbox.path("repo/ROADMAP.md")}'; ${writesItsFile}`;
    const repo = sandbox.repository({ "nightcrew.yaml": config(script, gate) });
    repo.write("ROADMAP.md", "- [ ] one\n");
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expectAllLanded(run);
    expect(run.stdout).toContain("its box was not ticked");
  });

  test("because it is in a submodule, is ticked in place", async ({ sandbox }) => {
    const library = sandbox.repository({ "ROADMAP.md": "- [ ] one\n" }, "library");
    const repo = sandbox.repository({ "nightcrew.yaml": works });
    repo.git("submodule", "--quiet", "add", library.path, "lib");
    repo.git("commit", "--quiet", "--message", "Add lib");
    expectAllLanded(await repo.run(["run", "lib/ROADMAP.md", "--yes"]));
    expect(repo.read("lib/ROADMAP.md")).toBe("- [x] one\n");
  });
});

describe("--sync", () => {
  const text = "- [ ] one\n- [ ] two\n";

  test("none ticks nothing, in no file and no commit", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": text, "nightcrew.yaml": works });
    repo.write("mine.md", text);
    const run = await repo.run(["run", "ROADMAP.md", "mine.md", "--yes", "--sync", "none"]);
    expectAllLanded(run);
    expect(run.stdout).toContain("boxes          not ticked");
    expect(repo.show("main", "ROADMAP.md")).toBe(text);
    expect([repo.read("ROADMAP.md"), repo.read("mine.md")]).toEqual([text, text]);
  });

  test("request ticks what has landed when it is asked for, in the files and in no commit", async ({ sandbox }) => {
    const script = `test $NIGHTCREW_TASK = 1 || exit 3; ${writesItsFile}`;
    const repo = sandbox.repository({ "ROADMAP.md": text, "nightcrew.yaml": config(script, `attempts: 1\n${gate}`) });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--sync", "request"]);
    expect(run.stdout).toContain("1 of 2 tasks landed");
    expect(repo.read("ROADMAP.md")).toBe(text);
    const command = /`nightcrew (sync \S+)`/.exec(run.stdout)?.[1]?.split(" ") ?? [];
    const before = repo.git("rev-parse", "HEAD");
    for (let time = 1; time <= 2; time++) {
      const sync = await repo.run(command);
      expect({ code: sync.code, stderr: sync.stderr }).toEqual({ code: 0, stderr: "" });
      expect(repo.read("ROADMAP.md")).toBe("- [x] one\n- [ ] two\n");
    }
    expect(repo.git("status", "--porcelain")).toBe(" M ROADMAP.md");
    expect(repo.git("rev-parse", "HEAD")).toBe(before);
  });

  test("comes from the configuration, and the command line wins over it", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": text, "nightcrew.yaml": `sync: none\n${works}` });
    const synced = async (...more: string[]): Promise<unknown> =>
      jsonLines((await repo.run(["plan", "ROADMAP.md", "--json", ...more])).stdout)[0]?.["sync"];
    expect(await synced()).toBe("none");
    expect(await synced("--sync", "landing")).toBe("landing");
  });
});

describe("a tasks.txt", () => {
  test("is one task a line, with a description behind a bar; comments and blank lines do not count", async ({
    sandbox,
  }) => {
    const tasks = "\uFEFF# Tonight\r\n\r\nFix the form|It loses | what was typed\r\n   Second task\r\n#Third|no\r\n";
    const repo = sandbox.repository({
      "tasks.txt": tasks,
      "nightcrew.yaml": config('cp "$NIGHTCREW_TASK_FILE" "$NIGHTCREW_TASK.md"', gate),
    });
    expectAllLanded(await repo.run(["run", "tasks.txt", "--yes"]));
    expect(repo.read("1.md")).toMatch(/^# Fix the form\n/);
    expect(repo.read("1.md")).toContain("\n\nIt loses | what was typed\n\n");
    expect(repo.read("2.md")).toMatch(/^# Second task\n/);
    expect(repo.read("2.md")).not.toContain("## Description");
    expect(repo.read("tasks.txt")).toBe(tasks);
    expect(repo.landings()).toHaveLength(2);
  });
});

describe("several sources", () => {
  test("are one plan: boxes are ticked in the file they stand in, in one that is not tracked too", async ({
    sandbox,
  }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] same\n- [x] old\n",
      "docs/ROADMAP.md": "- [ ] before\n- [ ] same\n",
      "tasks.txt": "From the list\n",
      "nightcrew.yaml": works,
    });
    repo.write("mine.md", "- [ ] same\n");
    const sources = ["ROADMAP.md", "docs/ROADMAP.md", "mine.md", "tasks.txt", "Fix the form", "Mend the door"];
    const run = await repo.run(["run", ...sources, "--yes"]);
    expectAllLanded(run);
    expect(run.stdout).toContain("All 7 tasks landed");
    expect(repo.show("main", "ROADMAP.md")).toBe("- [x] same\n- [x] old\n");
    expect(repo.show("main", "docs/ROADMAP.md")).toBe("- [x] before\n- [x] same\n");
    expect(repo.read("mine.md")).toBe("- [x] same\n");
    expect(repo.landings()).toHaveLength(7);
  });

  test("may depend on each other by title", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "a.md": "- [ ] Use it\n  Depends on: Make it\n",
      "b.md": "- [ ] Make it\n",
      "nightcrew.yaml": works,
    });
    expectAllLanded(await repo.run(["run", "a.md", "b.md", "--yes"]));
    const subjects = repo.landings().map((commit) => repo.git("log", "-1", "--format=%s", commit));
    expect(subjects).toEqual([expect.stringMatching(/^Make it/), expect.stringMatching(/^Use it/)]);
  });

  // load-sources.ts:loadSources does not notice that a file was named before.
  test("that are one file twice do its tasks once", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": works });
    await repo.run(["run", "ROADMAP.md", "./ROADMAP.md", "--yes"]);
    expect(repo.landings().length).toBeLessThanOrEqual(1);
  });
});

describe("titles", () => {
  const titles = ["Réparer l'entrée « été »", "修复登录表单,然后测试", "🚀 Ship 👩‍👩‍👧‍👦 it 🎉"];

  test("in French, Chinese and emoji are whole in commits, output, report and TASK.md", async ({ sandbox }) => {
    const script = 'head -n 1 "$NIGHTCREW_TASK_FILE" > "$NIGHTCREW_TASK.txt"';
    const repo = sandbox.repository({
      "ROADMAP.md": titles.map((title) => `- [ ] ${title}\n`).join(""),
      "nightcrew.yaml": config(script, gate),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expectAllLanded(run);
    const utf8 = ["-c", "i18n.logOutputEncoding=utf-8"];
    const subjects = repo.landings().map((commit) => repo.git(...utf8, "log", "-1", "--format=%s", commit));
    const [id] = /\d{8}-\d{6}-[0-9a-f]{8}/.exec(run.stdout) ?? [];
    const report = sandbox.read(`home/runs/${id}/report.md`);
    const json = JSON.parse(sandbox.read(`home/runs/${id}/report.json`)) as { tasks: { title: string }[] };
    expect(subjects.sort()).toEqual(titles.map((title, index) => `${title} (${index + 1})`).sort());
    expect(json.tasks.map(({ title }) => title)).toEqual(titles);
    for (const [index, title] of titles.entries()) {
      expect(run.stdout).toContain(title);
      expect(report).toContain(title);
      expect(repo.read(`${index + 1}.txt`)).toBe(`# ${title}\n`);
    }
  });

  test("that are arguments are tasks; they are put in quotes or not", async ({ sandbox }) => {
    const repo = sandbox.repository({ "nightcrew.yaml": works });
    const run = await repo.run(["run", "Fix the `form`; rm -rf $HOME", "Refactor", "--yes"]);
    expectAllLanded(run);
    expect(
      repo
        .landings()
        .map((commit) => repo.git("log", "-1", "--format=%s", commit))
        .sort(),
    ).toEqual(["Fix the `form`; rm -rf $HOME (1)", "Refactor (2)"]);
  });

  test("that are very long are cut in a commit's subject between characters, never inside one", async ({ sandbox }) => {
    const repo = sandbox.repository({ "nightcrew.yaml": works });
    const run = await repo.run(["run", `x${"👍🏽".repeat(150)}`, "修".repeat(150), "--yes"]);
    expectAllLanded(run);
    const log = repo.git("log", "--format=%s", "main");
    expect(log + run.stdout).not.toContain("\uFFFD");
    for (const subject of log.split("\n")) expect(Array.from(subject).length).toBeLessThan(90);
  });
});
