import { describe } from "vitest";
import { startPlanningModel } from "../rig/planning-model.ts";
import { test } from "../rig/sandbox.ts";
import { noTimeLeft } from "./time-left.ts";
import { agentYaml, keyOf, roster, versionTried, whyNot } from "./roster.ts";

// Real agents that are only asked: their answer becomes a plan, and none of their tools could have changed anything.

const crew = roster.filter(({ name }) => ["claude", "codex", "gemini", "opencode"].includes(name));
const task = { id: "login", title: "Add a login", description: "As it says.", acceptanceCriteria: ["it logs in"] };
/** Codex offers its shell in any mode: there it is its own sandbox that lets it write nothing. */
const writing = /^(Bash|Write|Edit|write|edit|write_file|replace|run_shell_command|apply_patch|bash|patch)$/;

describe.concurrent("a request is planned by asking", () => {
  test.for(crew.map((entry) => [entry.name, entry] as const))(
    "%s",
    async ([, entry], { sandbox, skip, task: own, expect }) => {
      const why = whyNot(entry) ?? noTimeLeft();
      Object.assign(own.meta, { note: why, version: versionTried(entry) });
      if (why !== null) return skip(why);
      const model = await startPlanningModel(() => ({ content: JSON.stringify({ tasks: [task] }) }));
      try {
        const repo = sandbox.repository({
          "nightcrew.yaml": `planning: {agent: ${keyOf(entry)}}\nagents:\n${agentYaml(entry, model.url, "")}`,
        });
        const env = { ...entry.env(model.url), NIGHTCREW_SANDBOX: "allow-none" };
        const { code, stdout, stderr } = await repo.run(["plan", "add a login", "--gate", "none", "--json"], env);
        await sandbox.left();
        sandbox.empty("tmp");
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        expect(JSON.parse(stdout)).toMatchObject({ tasks: [{ id: "login", title: "Add a login" }] });
        const offered = model.asked.flatMap(({ tools = [] }) => tools.map((tool) => tool.function.name));
        expect(offered.filter((name) => writing.test(name))).toEqual([]);
      } finally {
        await model.close();
      }
    },
  );
});
