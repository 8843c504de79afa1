import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect } from "vitest";
import { test, type Puppet } from "../rig/puppet.ts";
import { eventually, gate, type Repository, type Sandbox } from "../rig/sandbox.ts";

// A free workspace is brought to where the next task will begin, while others work.

function slots(sandbox: Sandbox): string[] {
  const workspaces = join(sandbox.home, "workspaces");
  return readdirSync(workspaces).flatMap((folder) =>
    readdirSync(join(workspaces, folder))
      .filter((name) => name.startsWith("agent-"))
      .map((name) => join(workspaces, folder, name)),
  );
}

function readyAt(sandbox: Sandbox): string | null {
  const [text] = slots(sandbox).flatMap((slot) => textIfThere(join(slot, "ready")) ?? []);
  return text === undefined ? null : (JSON.parse(text) as { commit: string }).commit;
}

/** Its next user may take it away at any time. */
function textIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return null;
  }
}

/** The workspace it works in. */
function slotOf({ pid }: Puppet): string {
  return basename(dirname(readlinkSync(`/proc/${pid}/cwd`)));
}

function tip(repo: Repository): string {
  return repo.git("rev-parse", "main");
}

describe("a spare workspace", () => {
  // Where a checkout took long, the machine is left in peace for twenty times as long.
  const restMs = 90_000;

  test(
    "is where the next task will begin while the landing before it is judged, and has nothing that others left",
    {
      timeout: 3 * restMs,
    },
    async ({ sandbox, puppets }) => {
      const waits = `until [ -e ${sandbox.path("go")} ]; do sleep 0.02; done`;
      const repo = sandbox.repository({
        "ROADMAP.md": "- [ ] one\n- [ ] two\n  Depends on: 1\n- [ ] three\n  Depends on: 2\n",
        ".gitignore": "made/\n",
        "nightcrew.yaml": puppets.config(gate.replace("test ! -e broken", waits)),
      });
      const run = repo.start(["run", "ROADMAP.md", "--yes"]);
      const first = await puppets.next();
      expect(slotOf(first)).toBe("agent-1");
      await first.write("made/by-one.txt", "ignored\n");
      await eventually(() => readyAt(sandbox) === tip(repo), "a workspace that is ready", restMs);
      await first.finish();
      await eventually(() => ![null, tip(repo)].includes(readyAt(sandbox)), "one at what is judged", restMs);
      const judged = readyAt(sandbox);
      expect(repo.git("show", `${judged}:1.txt`)).toBe("whole");
      sandbox.write("go", "");
      const second = await puppets.next();
      expect(slotOf(second)).toBe("agent-2");
      expect(repo.git("rev-parse", "main")).toBe(judged);
      await second.finish();
      const third = await puppets.next();
      expect(slots(sandbox)).toHaveLength(2);
      await third.finish();
      expect((await run.ended).code).toBe(0);
      expect(repo.git("ls-tree", "-r", "--name-only", "main")).not.toContain("made/");
      expect(sandbox.read("home/daemon.log")).not.toContain("no workspace was made ready");
    },
  );

  test("that is gone when it is needed is made again", { timeout: 2 * restMs }, async ({ sandbox, puppets }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n  Depends on: 1\n",
      "nightcrew.yaml": puppets.config(gate),
    });
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    const first = await puppets.next();
    await eventually(() => readyAt(sandbox) !== null, "a workspace that is ready", restMs);
    for (const slot of slots(sandbox)) if (existsSync(join(slot, "ready"))) rmSync(slot, { recursive: true });
    await first.finish();
    await (await puppets.next()).finish();
    expect((await run.ended).code).toBe(0);
    expect(repo.landings()).toHaveLength(2);
  });
});
