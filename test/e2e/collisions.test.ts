import { describe, expect } from "vitest";
import { test, type Puppet } from "../rig/puppet.ts";
import { gate } from "../rig/sandbox.ts";

const road = `- [ ] one
  **Files**: \`src/a.txt\`
- [ ] two
  **Files**: \`src/a.txt\`
- [ ] three
  **Files**: \`src/b.txt\`
`;
const files = { "ROADMAP.md": road, "src/a.txt": "a\n", "src/b.txt": "b\n" };

async function finish(puppet: Puppet | undefined, file: string): Promise<void> {
  if (puppet === undefined) throw new Error("no puppet");
  await puppet.write(file, `${puppet.task}\n`);
  await puppet.exit(0);
}

describe("tasks that name one file", () => {
  test("are worked on one after the other, each from what the other landed, and others beside them", async ({
    sandbox,
    puppets,
  }) => {
    const repo = sandbox.repository({ ...files, "nightcrew.yaml": puppets.config(gate) });
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach", "--workers", "3"]);
    const { "1-1": one, "3-1": three } = await puppets.come(2);
    expect((await repo.run(["tasks"])).stdout).toMatch(/ 2 .*waits for 1, which may change the same files/);
    await finish(three, "src/b.txt");
    await finish(one, "src/a.txt");
    const two = await puppets.next();
    expect(two.name).toBe("2-1");
    // It begins where the first one landed.
    expect(repo.show("main", "src/a.txt")).toBe("1\n");
    await finish(two, "src/a.txt");
    expect((await repo.run(["status", "--watch"])).stdout).toContain("3/3 landed");
    expect(repo.show("main", "src/a.txt")).toBe("2\n");
  });

  test("are kept apart also where one of them is new in the roadmap of a run that goes on", async ({
    sandbox,
    puppets,
  }) => {
    const repo = sandbox.repository({ ...files, "nightcrew.yaml": puppets.config(gate) });
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach", "--workers", "4"]);
    const { "1-1": one, "3-1": three } = await puppets.come(2);
    const more = "- [ ] four\n  **Files**: `src/b.txt`\n- [ ] five\n  **Files**: `docs/`\n";
    repo.commit({ "ROADMAP.md": road + more }, "More to do");
    expect((await repo.run(["reconcile"])).stdout).toContain("2 new tasks taken over");
    const five = await puppets.next();
    expect(five.name).toBe("5-1");
    const { stdout } = await repo.run(["tasks"]);
    expect(stdout).toMatch(/ 2 .*waits for 1, which may change the same files/);
    expect(stdout).toMatch(/ 4 .*waits for 3, which may change the same files/);
    await finish(three, "src/b.txt");
    const four = await puppets.next();
    expect(four.name).toBe("4-1");
    await finish(four, "src/b.txt");
    await finish(five, "docs/a.txt");
    await finish(one, "src/a.txt");
    await finish(await puppets.next(), "src/a.txt");
    expect((await repo.run(["status", "--watch"])).stdout).toContain("5/5 landed");
  });

  test("run at once where that is asked for", async ({ sandbox, puppets }) => {
    const repo = sandbox.repository({ ...files, "nightcrew.yaml": puppets.config(`${gate}collisions: warn\n`) });
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach", "--workers", "3"]);
    expect(Object.keys(await puppets.come(3)).sort()).toEqual(["1-1", "2-1", "3-1"]);
    await repo.run(["cancel", "--all"]);
  });

  test("are told by the plan", async ({ sandbox, puppets }) => {
    const more = "- [ ] Mend `src/b.txt`\n";
    const repo = sandbox.repository({ ...files, "ROADMAP.md": road + more, "nightcrew.yaml": puppets.config(gate) });
    const notes = async (...options: readonly string[]): Promise<string[]> => {
      const { stdout } = await repo.run(["plan", "ROADMAP.md", "--json", ...options]);
      return (JSON.parse(stdout) as { notes: string[] }).notes.filter((note) => note.includes("may change"));
    };
    const first = "1, 2 may change src/a.txt: not at once";
    const may = ", and may run at once (collisions: strict keeps them apart)";
    expect(await notes()).toEqual([first, `3, 4 may change src/b.txt${may}`]);
    expect(await notes("--collisions", "strict")).toEqual([first, "3, 4 may change src/b.txt: not at once"]);
    expect(await notes("--collisions", "warn")).toHaveLength(2);
    expect(await notes("--collisions", "off")).toEqual([]);
    expect((await repo.run(["plan", "ROADMAP.md", "--collisions", "sometimes"])).code).toBe(2);
  });

  test("are told where one changes what the other's file imports, where more than the default is asked for", async ({
    sandbox,
    puppets,
  }) => {
    const roadmap = "- [ ] one\n  **Files**: src/a.ts\n- [ ] two\n  **Files**: src/b.ts\n";
    const code = { "src/a.ts": "export const a = 1;\n", "src/b.ts": 'import "./a.ts";\n' };
    const repo = sandbox.repository({ ...code, "ROADMAP.md": roadmap, "nightcrew.yaml": puppets.config(gate) });
    const note = "1 may change src/a.ts, which files that 2 may change import";
    expect((await repo.run(["plan", "ROADMAP.md", "--collisions", "warn"])).stdout).toContain(note);
    expect((await repo.run(["plan", "ROADMAP.md"])).stdout).not.toContain("import");
  });
});
