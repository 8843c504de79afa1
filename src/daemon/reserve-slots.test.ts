import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { JobStarter } from "../adapters/runners/job-starter.ts";
import { GitServers } from "../adapters/git/git-servers.ts";
import { LocalChecks } from "../adapters/runners/local-checks.ts";
import { RunFolders } from "../adapters/runners/run-folders.ts";
import { RunnerPool } from "../adapters/runners/runner-pool.ts";
import type { Effect } from "../domain/effect.ts";
import type { AttemptRow } from "../domain/rows.ts";
import { attemptId, makeRunId, type RunRow } from "../domain/run.ts";
import type { Store } from "../engine/ports.ts";
import { reserveSlots } from "./reserve-slots.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "nightcrew-reserve-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const commonDir = "/repo/.git";
const run = { id: makeRunId(0, "00000000"), repository: commonDir } as RunRow;
const id = attemptId(run.id, "one", 1);
const attempt = { id, run: run.id, task: "one", number: 1 } as AttemptRow;
const store = { run: () => run, attempt: () => attempt } as unknown as Store;

/** The slot that a job of a kind gets, once these effects were found pending. */
async function slotOf(kind: "attempt" | "checks", pending: readonly Effect[]): Promise<string> {
  const folders = new RunFolders(home);
  // Its runners end at once: only where a job would be done is looked at.
  const jobs = new JobStarter(new RunnerPool(join(home, "no-runner.cjs")), folders);
  const repositoryOf = (): Promise<never> => Promise.reject(new Error("not asked for"));
  const checks = new LocalChecks({
    jobs,
    folders,
    servers: new GitServers(),
    repositoryOf,
    environmentOf: () => Promise.resolve({}),
  });
  await reserveSlots({ store, folders, jobs, checks }, pending);
  const folder = join(home, "job");
  const job = { protocol: 1, kind, id: "job" };
  const find = (): Promise<never> => Promise.resolve({ repository: { commonDir }, environment: {} } as never);
  const makeJob = (): Promise<never> => Promise.resolve(job as never);
  await jobs.run({ folder, commonDir, frozen: false, find, makeJob, onEntry: () => undefined });
  return basename((JSON.parse(readFileSync(join(folder, "place.json"), "utf8")) as { slot: string }).slot);
}

function began(folder: string, slot: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "job.json"), "{}");
  writeFileSync(join(folder, "place.json"), JSON.stringify({ slot }));
}

const gating: Effect = {
  kind: "run-gate",
  id: "run-gate:1",
  host: run.id,
  checks: "1-0-candidate",
} as Effect;

it("keeps new work out of the slots of attempts and checks that a daemon before had begun", async () => {
  const folders = new RunFolders(home);
  const slots = folders.slots(commonDir);
  expect(await slotOf("checks", [gating])).toBe("gate-1");
  rmSync(join(home, "job"), { recursive: true });
  began(folders.gate(run.id, "1-0-candidate"), join(slots, "gate-1"));
  began(folders.gate(run.id, "1-0-candidate.2"), join(slots, "gate-2"));
  expect(await slotOf("checks", [gating])).toBe("gate-3");
  rmSync(join(home, "job"), { recursive: true });
  began(folders.attempt(run.id, "one", 1), join(slots, "agent-1"));
  expect(await slotOf("attempt", [{ kind: "start-attempt", id: "start-attempt:1", attempt: id }])).toBe("agent-2");
});
