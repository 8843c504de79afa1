import { afterAll, beforeAll, describe } from "vitest";
import { findSandbox } from "../../src/adapters/sandbox/find-sandbox.ts";
import { test } from "../rig/sandbox.ts";
import { cliFolder } from "./clis.ts";
import { openModel, type Model } from "./model-server.ts";
import { toldBy } from "../rig/outcome.ts";
import { agentYaml, keyOf, roster, whyNot } from "./roster.ts";

// What the product is for: one roadmap, several agents of different makers, and real edits that land.
const held: { model: Model | null } = { model: null };

beforeAll(async () => {
  held.model = await openModel(cliFolder);
});

afterAll(async () => {
  await held.model?.close();
});

const crew = roster.filter(({ name }) => ["claude", "codex", "gemini", "opencode"].includes(name));
const tasks = [
  { title: "The parser", agent: "claude", needs: "none" },
  { title: "The printer", agent: "codex", needs: "none" },
  { title: "The store", agent: "gemini", needs: "none" },
  { title: "The server", agent: "opencode", needs: "none" },
  { title: "The command line", agent: "claude", needs: "The parser, The printer" },
  { title: "The manual", agent: "codex", needs: "The command line, The server" },
].map((task) => ({ ...task, file: `${task.title.toLowerCase().replaceAll(" ", "-")}.txt` }));

const roadmap = tasks
  .map(({ title, agent, needs, file }) =>
    [
      `- [ ] ${title}`,
      `      **Agent**: ${agent}`,
      `      **Depends on**: ${needs}`,
      `      Write it. {{do write}} {{write ${file} by ${agent}}}`,
    ].join("\n"),
  )
  .join("\n");

const gate = `gate:\n  checks:\n    - {name: tests, run: 'test ! -e broken && echo "3 passed, 0 failed"', kind: test}\n`;

describe("a roadmap of six tasks", () => {
  test(
    "is done by claude, codex, gemini and opencode in one run",
    { timeout: 180_000 },
    async ({ sandbox, skip, task, expect }) => {
      const missing = crew.map(whyNot).filter((why) => why !== null);
      if (missing.length > 0) return skip(missing.join(", "));
      const model = held.model ?? expect.fail("no model was opened");
      const agents = crew.map((entry) => agentYaml(entry, model.url, "firstOutput: 60s, silence: 60s, total: 2m"));
      const repo = sandbox.repository({
        "ROADMAP.md": `# Roadmap\n\n${roadmap}\n`,
        "nightcrew.yaml": `workers: 4\nattempts: 2\nagent: ${keyOf(crew[0] ?? expect.fail("no crew"))}\n${gate}agents:\n${agents.join("")}`,
      });
      const keys = Object.assign({}, ...crew.map((entry) => entry.env(model.url))) as Record<string, string>;
      const env = { ...keys, NIGHTCREW_SANDBOX: "allow-none" };
      const run = await repo.run(["run", "ROADMAP.md", "--yes", "--json"], env);
      const told = toldBy(run.stdout);
      await sandbox.left();
      sandbox.empty("tmp");
      Object.assign(task.meta, { outcomes: told.ended, cost: told.cost });
      expect({ code: run.code, ended: told.ended, stderr: run.code === 0 ? "" : run.stderr }).toEqual({
        code: 0,
        ended: tasks.map(() => "done"),
        stderr: "",
      });
      for (const { file, agent } of tasks) expect(repo.show("main", file)).toBe(`by ${agent}\n`);
      expect(repo.read("ROADMAP.md")).not.toContain("[ ]");
      // Fenced in wherever that can be: the box does not hinder it.
      const found = await findSandbox();
      expect(run.stdout).toContain(`"sandbox":"${found.kind}"`);
      expect(repo.git("status", "--porcelain")).toBe("");
      const models = new Set(model.seen.map(({ model }) => model));
      expect(models.size).toBeGreaterThanOrEqual(crew.length);
      // Nothing is asked of a model where there is nothing to do.
      const asked = model.arrived.length;
      const again = await repo.run(["status"]);
      expect(again.code).toBe(0);
      expect(model.arrived.length).toBe(asked);
    },
  );
});
