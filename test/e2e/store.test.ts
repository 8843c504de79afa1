import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "@photostructure/sqlite";
import { describe, expect } from "vitest";
import { config, eventually, gate, test, type Repository, type Sandbox } from "../rig/sandbox.ts";

async function ranOnce(sandbox: Sandbox): Promise<Repository> {
  const yaml = config('echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"', gate);
  const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": yaml });
  expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
  return repo;
}

async function backedUp(sandbox: Sandbox): Promise<string> {
  const backup = `${sandbox.home}/store.backup.db`;
  // On a slow machine one was made while the run went on.
  await sandbox.nightcrew(["daemon", "stop"]);
  rmSync(backup, { force: true });
  await sandbox.nightcrew(["daemon", "start"]);
  await eventually(() => existsSync(backup), "the backup");
  await sandbox.nightcrew(["daemon", "stop"]);
  return backup;
}

/** Brings all of it into the file itself. */
function settle(file: string): void {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

const damages: readonly (readonly [string, (file: string) => void])[] = [
  ["was cut to nothing", (file) => truncateSync(file, 0)],
  ["was cut in its first page", (file) => truncateSync(file, 3_000)],
  ["lost its second half", (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
  ["holds something else", (file) => writeFileSync(file, "not a database, but of some length\n".repeat(1_000))],
  ["is overwritten in the middle", (file) => writeFileSync(file, Buffer.alloc(20_000, "x"), { flag: "r+" })],
];

describe("a store", () => {
  test("has a backup, made anew when it is more than a day old", async ({ sandbox }) => {
    await ranOnce(sandbox);
    const backup = await backedUp(sandbox);
    const count = (): unknown => {
      const database = new DatabaseSync(backup, { readOnly: true });
      try {
        return database.prepare("SELECT count(*) AS runs FROM run").get();
      } finally {
        database.close();
      }
    };
    expect(count()).toEqual({ runs: 1 });
    const old = Date.now() / 1_000 - 2 * 24 * 60 * 60;
    utimesSync(backup, old, old);
    await sandbox.nightcrew(["daemon", "start"]);
    await eventually(() => statSync(backup).mtimeMs > old * 1_000 + 1_000, "the next backup");
    expect(count()).toEqual({ runs: 1 });
  });

  test("that is damaged is named with its backup and left as it is; putting that back goes on", async ({ sandbox }) => {
    const repo = await ranOnce(sandbox);
    const backup = await backedUp(sandbox);
    const file = `${sandbox.home}/store.db`;
    settle(file);
    const whole = readFileSync(file);
    for (const [how, damage] of damages) {
      writeFileSync(file, whole);
      damage(file);
      const [before, kept] = [readFileSync(file), readFileSync(backup)];
      const { code, stderr } = await repo.run(["status"]);
      expect({ how, code }).toEqual({ how, code: 2 });
      expect(stderr).toContain(`The store cannot be opened: ${file}`);
      expect(stderr).toContain("nothing was written to it");
      expect(stderr).toContain(backup);
      const same = [readFileSync(file).equals(before), readFileSync(backup).equals(kept)];
      expect({ how, same }).toEqual({ how, same: [true, true] });
    }
    const { stderr } = await repo.run(["runs"]);
    const [, command = ""] = /store\.backup\.db: (cd .*)$/m.exec(stderr) ?? [];
    execFileSync("sh", ["-c", command]);
    expect((await repo.run(["runs"])).stdout).toContain("1/1 landed");
  });

  test("that is damaged and has no backup is left as it is, too", async ({ sandbox }) => {
    sandbox.write("home/store.db", "garbage");
    const { code, stderr } = await sandbox.nightcrew(["status"]);
    expect(code).toBe(2);
    expect(stderr).toContain("there is no backup of it yet");
    expect(sandbox.read("home/store.db")).toBe("garbage");
  });

  test("tells of a run all that is to be known where its written report is damaged", async ({ sandbox }) => {
    const yaml = config('echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"', gate);
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": yaml, "a.txt": "a\n" });
    writeFileSync(`${repo.path}/a.txt`, "changed\n");
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
    for (const text of ['{"version":1,"tas', "", "null"]) {
      sandbox.write(`home/runs/${sandbox.newestRun()}/report.json`, text);
      const [status, report] = [await repo.run(["status"]), await repo.run(["report"])];
      expect([status.code, report.code]).toEqual([0, 0]);
      expect(status.stdout).toContain("nightcrew/main (not on main)");
      expect(report.stdout).toContain("git merge --ff-only nightcrew/main");
    }
  });
});
