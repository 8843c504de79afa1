import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

// The simulator as it is run by hand. What a failing seed prints is in the failure of the test, the command to repeat it included.
const bundle = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist", "sim.cjs");

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function sim(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bundle, ...args], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const failuresIn = ({ stdout, stderr }: Ran): string =>
  stderr + stdout.replace(/^seed \d+: .* ok\n/gm, "").replace(/^\d+ seeds, 0 failures\n/m, "");

describe("the simulator", () => {
  // Two processes, for two cores.
  it.concurrent.each([1, 151])("finds nothing wrong in the 150 seeds from %i", async (first) => {
    const ran = await sim("--seed", String(first), "--seeds", "150");
    expect(failuresIn(ran)).toBe("");
    expect(ran.stdout.match(/ ok$/gm)).toHaveLength(150);
    expect(ran.code).toBe(0);
  });

  it("plays a seed the same way each time, in one process and in another", async () => {
    const args = ["--seed", "3", "--seeds", "2", "--steps", "300", "--verbose", "--twice"];
    const first = await sim(...args);
    expect(failuresIn({ ...first, stdout: first.stdout.replace(/^(\d+: |the | {5}).*\n/gm, "") })).toBe("");
    expect(first.stdout.split("\n").length).toBeGreaterThan(600);
    expect(await sim(...args)).toEqual(first);
  });

  it("plays other seeds in other ways", async () => {
    const { stdout } = await sim("--seeds", "5", "--steps", "50");
    expect(new Set(stdout.match(/digest \w+/g)).size).toBe(5);
  });

  it.each([
    [["--sed", "1"], "unknown option --sed"],
    [["7"], "unknown option 7"],
    [["--seed"], '--seed needs a whole number, not ""'],
    [["--steps", "many"], '--steps needs a whole number, not "many"'],
  ])("refuses %j", async (args, why) => {
    const { code, stderr, stdout } = await sim(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      `error: ${why}\n  next: npm run -s sim -- [--seed N] [--seeds K] [--steps M] [--verbose] [--twice]\n`,
    );
  });
});
