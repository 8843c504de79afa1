import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { GitServers } from "../../src/adapters/git/git-servers.ts";
import { Remotes } from "../../src/adapters/git/remotes.ts";
import { GitRepository } from "../../src/adapters/git/git-repository.ts";
import type { Candidate } from "../../src/domain/change-state.ts";
import { aChange, aRun } from "../../test/rig/rows.ts";

/**
 * Lands branches `change-0`, `change-1`, … on `main` as the daemon does, in turns with three bare gits that land the same on
 * `raw`; then takes some of them back. Prints one JSON object: medians, in milliseconds.
 * Usage: node land.cjs GIT-DIR COUNT
 */
const call = promisify(execFile);

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const value = await work();
  times.push(performance.now() - startedAt);
  return value;
}

async function main(gitDir: string, count: number): Promise<void> {
  const git = async (...args: string[]): Promise<string> =>
    (await call("git", ["--git-dir", gitDir, ...args])).stdout.trim();
  const servers = new GitServers();
  const reader = { marks: () => Promise.resolve([]), remember: () => undefined };
  const by = { name: "Bench", email: "bench@example.com" };
  const repository = new GitRepository({
    reader,
    servers,
    remotes: new Remotes(() => Promise.resolve({})),
    identityOf: () => Promise.resolve(by),
  });
  const run = aRun({ repository: gitDir, checkout: dirname(gitDir) });
  const times = {
    build: [] as number[],
    land: [] as number[],
    raw: [] as number[],
    undo: [] as number[],
    ref: [] as number[],
  };
  const candidates: Candidate[] = [];

  async function ours(n: number): Promise<void> {
    const change = aChange(String(n), { tip: await git("rev-parse", `change-${n}`), offeredAt: Date.now() });
    const about = { ticks: [], subject: `Land ${n}`, trailers: [`Nightcrew-Task: ${n}`], lockFiles: [] };
    const part = { change, ...about, at: Date.now() };
    const built = await timed(times.build, () => repository.build({ run, parts: [part], history: "batch" }));
    if (built.kind !== "built") throw new Error(built.detail);
    const landed = await timed(times.land, () => repository.land(run, built.candidate));
    if (landed.kind !== "landed") throw new Error(`not landed: ${landed.kind}`);
    candidates.push(built.candidate);
  }

  async function theirs(n: number): Promise<void> {
    const tip = await git("rev-parse", "raw");
    await timed(times.raw, async () => {
      const tree = await git("merge-tree", "--write-tree", "raw", `change-${n}`);
      const commit = await git("commit-tree", tree, "-p", tip, "-p", `change-${n}`, "-m", `Land ${n}`);
      await git("update-ref", "refs/heads/raw", commit, tip);
    });
  }

  async function undo(n: number): Promise<void> {
    const links = candidates[n]?.links ?? [];
    for (const { change, commit } of links) {
      const about = { run, change, commit, ticks: [], subject: `Revert ${n}`, text: "", trailers: [] };
      await timed(times.undo, async () => {
        const built = await repository.buildRevert(about);
        if (built.kind !== "built") throw new Error(`not undone: ${built.kind}`);
        await repository.land(run, built.candidate);
      });
    }
    const tip = await git("rev-parse", "raw");
    await timed(times.ref, () => git("update-ref", "refs/heads/raw", `${tip}^1`, tip));
  }

  for (let n = 0; n < count; n++) for (const one of n % 2 === 0 ? [ours, theirs] : [theirs, ours]) await one(n);
  for (let n = count - 1; n >= count >> 1; n--) await undo(n);
  servers.close();
  console.log(JSON.stringify(Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]))));
}

const [gitDir = ".", count = "1"] = process.argv.slice(2);
main(gitDir, Number(count)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
