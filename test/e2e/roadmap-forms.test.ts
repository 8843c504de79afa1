import { describe, expect } from "vitest";
import { config, gate, test, type Ended } from "../rig/sandbox.ts";

const writesItsFile = 'echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';

/** Every kind of line end, and what an editor of another system leaves. */
const emoji =
  "\uFEFF# Road\r\n\r\n- ✅ Base\r\n- 🚧 Sign in\r\n  more of it\r\n- 📋 Search (`a|b`)\r\n- 🚫 Fax\r\n- Export – ⬜ planned\r\n";
const table = [
  "# Feuille de route\n\n",
  "| Tâche       | Priorité | Statut       |\r\n",
  "|-------------|:--------:|--------------|\n",
  "| **Import**  | haute    | En cours     |\n",
  "| Connexion   | basse    | Terminé      |\r\n",
  "| Recherche   |          |              |",
];
const headings =
  "# Plan\n\n## [ ] Parser ##\nRead it.\n\n### Details\n- all\n\n## [x] Lexer\n\n## Printer\n\n**Status**: *Not started*\n";
const markers = "- [~] half\n- [-] never\n\t- [ ] below it\n- [!] now\n1. [ ] numbered\n";
const bullets = "# Board\n\n## To Do\n\n- Write it\n- Mend it\n\n## Done\n\n- Begin\n";

function expectAllLanded({ code, stdout, stderr }: Ended): void {
  expect(stderr).toBe("");
  expect(stdout).toMatch(/All \d+ tasks landed on main\./);
  expect(code).toBe(0);
}

describe("a roadmap of another form than boxes", () => {
  test("is worked off, and each landing changes its mark and no other byte; an agent's own edits are left out", async ({
    sandbox,
  }) => {
    const script = `sed -i 's/🚧/✅/; s/Road/Mine/' emoji.md; ${writesItsFile}`;
    const files = { "emoji.md": emoji, "table.md": table.join(""), "headings.md": headings, "markers.md": markers };
    const repo = sandbox.repository({ ...files, "bullets.md": bullets, "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(["run", ...Object.keys(files), "bullets.md", "--yes", "--sync", "landing"]);
    expectAllLanded(run);
    expect(run.stdout).toContain("the agent's edits of emoji.md were left out");
    expect(run.stdout).toContain("say by hand what is done in bullets.md: there is nothing to tick in it");
    expect(repo.landings()).toHaveLength(3 + 2 + 2 + 3 + 2);
    const done = {
      "emoji.md": emoji.replace("🚧", "✅").replace("📋", "✅").replace("⬜ planned", "✅ done"),
      "table.md": table
        .join("")
        .replace("En cours", "Terminé")
        .replace("|          |              |", "|          | Terminé             |"),
      "headings.md": headings.replace("[ ] Parser", "[x] Parser").replace("*Not started*", "*Done*"),
      "markers.md": markers.replace("[~]", "[x]").replace("[!]", "[x]").replace("1. [ ]", "1. [x]"),
      "bullets.md": bullets,
    };
    for (const [name, text] of Object.entries(done)) expect(repo.show("main", name)).toBe(text);
    expect(repo.read("table.md")).toBe(done["table.md"]);
    expect(repo.git("status", "--porcelain")).toBe("");

    // Nothing is left, and the last of them is undone with what it had there.
    expect((await repo.run(["plan", "emoji.md"])).stderr).toContain(
      "Nothing is left to do: all 4 tasks in it are done",
    );
    const landed = repo.git("log", "--format=%H", "--grep", "^Sign in", "main").split("\n")[0] ?? "";
    expect((await repo.run(["revert", landed])).code).toBe(0);
    expect(repo.show("main", "emoji.md")).toBe(done["emoji.md"].replace("✅ Sign in", "🚧 Sign in"));
  });

  test("is read off the daemon's loop where it is long, one after the other and several at once", async ({
    sandbox,
  }) => {
    const long = (sign: string): string =>
      Array.from({ length: 300 }, (_, index) => `- ${sign} Task ${index} of a long list\n`).join("");
    const files = { "a.md": long("🚧"), "b.md": long("[ ]"), "c.md": long("[~]") };
    const repo = sandbox.repository({ ...files, "nightcrew.yaml": config(writesItsFile, gate) });
    const plans = await Promise.all([["a.md", "b.md"], ["c.md"]].map((names) => repo.run(["plan", ...names])));
    expect(plans.map(({ stdout }) => stdout.split("\n")[0])).toEqual([
      "600 tasks from a.md (emoji: 300 open, 0 done), b.md (boxes: 300 open, 0 done) → main",
      "300 tasks from c.md (markers: 300 open, 0 done) → main",
    ]);
  });

  test("is marked on request: the plan says what would be written, and sync shows the lines", async ({ sandbox }) => {
    const text = "# Road\n\n- ✔️ Base\n- 🚧 Sign in\n- 🟡 Search\n\n## Later\n\nWe might fax.\n";
    const files = { "ROADMAP.md": text, "boxes.md": "- [ ] box\n" };
    const repo = sandbox.repository({ ...files, "nightcrew.yaml": config(writesItsFile, gate) });
    const { stdout } = await repo.run(["plan", "ROADMAP.md", "boxes.md"]);
    expect(stdout).toContain("3 tasks from ROADMAP.md (emoji: 2 open, 1 done), boxes.md (boxes: 1 open, 0 done)");
    expect(stdout).toMatch(/Search .*guess\n/);
    expect(stdout).toContain(
      "marks          ROADMAP.md: 🚧 → ✔️ (1), 🟡 → 🟢 (1); written on request (nightcrew sync)",
    );
    expect(stdout).toContain("ROADMAP.md: 1 task may be none (line 5)");
    expect(stdout).toContain("ROADMAP.md: not read: sentences (line 9)");
    const run = await repo.run(["run", "ROADMAP.md", "boxes.md", "--yes"]);
    expectAllLanded(run);
    expect(run.stdout).toContain("nightcrew sync");
    expect([repo.show("main", "ROADMAP.md"), repo.read("ROADMAP.md")]).toEqual([text, text]);
    expect(repo.show("main", "boxes.md")).toBe("- [x] box\n");

    // Edited by a person meanwhile.
    repo.write("ROADMAP.md", `New words.\n\n${text}`);
    const lines = "ROADMAP.md:6\n- - 🚧 Sign in\n+ - ✔️ Sign in\nROADMAP.md:7\n- - 🟡 Search\n+ - 🟢 Search\n";
    const dry = await repo.run(["sync", "--dry-run"]);
    expect(dry.stdout).toBe(`${lines}2 marks would be set; to set them, leave --dry-run out\n`);
    expect(repo.read("ROADMAP.md")).toBe(`New words.\n\n${text}`);
    expect((await repo.run(["sync"])).stdout).toBe(`${lines}2 marks set in your files; commit them when you like\n`);
    expect(repo.read("ROADMAP.md")).toBe(`New words.\n\n${text.replace("🚧", "✔️").replace("🟡", "🟢")}`);
    expect((await repo.run(["sync"])).stdout).toBe("no open mark was left to set\n");
  });

  test("has its boxes wait with the other marks, which is said; of one without any mark nobody is sent to sync", async ({
    sandbox,
  }) => {
    const mixed = "# Road\n\n## A\n\n- [ ] Box\n\n## B\n\n- 🚧 Emoji\n- ✅ Done\n";
    const files = { "mixed.md": mixed, "words.md": "# To do\n\n- Write it\n- Read it\n" };
    const repo = sandbox.repository({ ...files, "nightcrew.yaml": config(writesItsFile, gate) });
    const { stdout } = await repo.run(["plan", "mixed.md"]);
    expect(stdout).toContain("marks          mixed.md: boxes, 🚧 → ✅ (1); written on request (nightcrew sync)");
    const run = await repo.run(["run", "words.md", "--yes"]);
    expectAllLanded(run);
    expect(run.stdout).toContain("say by hand what is done in words.md");
    expect(run.stdout).not.toContain("nightcrew sync");
  });
});
