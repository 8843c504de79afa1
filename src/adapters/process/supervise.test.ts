import { mkdtempSync, readFileSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isFrozen } from "../../../test/rig/frozen.ts";
import { eventually } from "../../../test/rig/sandbox.ts";
import { processesWithMarker } from "./process-table.ts";
import { supervise, type Supervised } from "./supervise.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-supervise-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Frozen, stopped, over, or waiting for a child that is stopped between vfork(2) and exec(2): it does nothing. */
function isStopped(pid: number): boolean {
  if (isFrozen(pid)) return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return ["T", "Z", "D"].includes(stat.slice(stat.lastIndexOf(")") + 2).charAt(0));
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return true;
    throw error;
  }
}

function run(name: string, script: string, totalMs = 60_000): Supervised & { readonly marker: string } {
  const marker = `NIGHTCREW_MARKER=${name}-${process.pid}`;
  const limits = { firstOutputMs: Infinity, silenceMs: Infinity, totalMs };
  const env = { PATH: process.env["PATH"], NIGHTCREW_MARKER: marker.slice("NIGHTCREW_MARKER=".length) };
  const nothing = (): void => undefined;
  const options = {
    cwd: root,
    env,
    marker,
    limits,
    stdin: null,
    converses: false,
    onOutput: nothing,
    onStarted: nothing,
  };
  return { ...supervise(["sh", "-c", script], options), marker };
}

const linux = process.platform === "linux";

describe.runIf(linux)("a supervised command", () => {
  it("is frozen with all it started, in whatever session, until it is thawed", async () => {
    const command = run(
      "freeze",
      `setsid sh -c 'echo > ready; while :; do sleep 0.01; done' & while :; do sleep 0.01; done`,
    );
    await eventually(() => existsSync(join(root, "ready")), "it is ready");
    command.freeze();
    // Told at once, and stopped as soon as each gets the processor.
    const all = (): number[] => processesWithMarker(command.marker);
    await eventually(() => all().every(isStopped), "all are stopped");
    expect(all().length).toBeGreaterThanOrEqual(2);
    expect(command.sinceThawMs()).toBeNull();
    command.thaw();
    await eventually(() => processesWithMarker(command.marker).some((pid) => !isStopped(pid)), "one goes on");
    expect(command.sinceThawMs()).toBeGreaterThanOrEqual(0);
    command.stop();
    expect(await command.ended).toEqual({ kind: "stopped" });
    expect(processesWithMarker(command.marker)).toEqual([]);
  });

  it("is not ended by a time limit while it is frozen, and is afterwards", async () => {
    const limitMs = 300;
    const command = run("limit", "while :; do sleep 0.01; done", limitMs);
    command.freeze();
    const frozenAt = performance.now();
    await eventually(() => performance.now() > frozenAt + 2 * limitMs, "longer than the limit");
    expect(processesWithMarker(command.marker)).not.toEqual([]);
    command.thaw();
    expect(await command.ended).toEqual({ kind: "limit", limit: "total", limitMs });
  });

  it("is stopped while it is frozen, and may still put its things away", async () => {
    const command = run("tidy", `trap 'echo tidied > left; exit 0' TERM; echo > up; while :; do sleep 0.01; done`);
    await eventually(() => existsSync(join(root, "up")), "it is up");
    command.freeze();
    command.stop();
    expect(await command.ended).toEqual({ kind: "stopped" });
    expect(readFileSync(join(root, "left"), "utf8")).toBe("tidied\n");
  });

  it("does not keep the event loop, however much it prints", async () => {
    const pieceMs = 4;
    const [marker, limits] = [`X=flood-${process.pid}`, { firstOutputMs: 60_000, silenceMs: 60_000, totalMs: 60_000 }];
    let [bytes, pieces, most, turns] = [0, 0, 0, 0];
    const onOutput = (chunk: Buffer): void => {
      bytes += chunk.length;
      pieces++;
      for (const from = performance.now(); performance.now() - from < pieceMs;);
    };
    const counting = setInterval(() => {
      [most, pieces] = [Math.max(most, pieces), 0];
      turns++;
    }, 1);
    const env = { PATH: process.env["PATH"], X: marker.slice(2) };
    const options = { cwd: root, env, marker, limits, onOutput, onStarted: () => undefined, stdin: null };
    const script = "dd if=/dev/zero bs=1000000 count=8 2>/dev/null; echo end";
    const { ended } = supervise(["sh", "-c", script], { ...options, converses: false });
    expect(await ended).toEqual({ kind: "code", code: 0 });
    clearInterval(counting);
    expect(bytes).toBe(8_000_004);
    expect(turns).toBeGreaterThan(10);
    // Two pieces take as long as all of a turn may; between two turns of the timer the loop reads one that was begun.
    expect(most).toBeLessThanOrEqual(4);
  });

  it("that is not there is told apart from one that fails", async () => {
    const nothing = (): void => undefined;
    const limits = { firstOutputMs: 1, silenceMs: 1, totalMs: 1 };
    const options = {
      cwd: root,
      env: { PATH: "/nowhere" },
      marker: "X=1",
      limits,
      onOutput: nothing,
      onStarted: nothing,
      stdin: null,
      converses: false,
    };
    const missing = supervise(["no-such-agent"], options);
    expect(await missing.ended).toEqual({ kind: "not-started", detail: "no such program: no-such-agent" });
  });
});
