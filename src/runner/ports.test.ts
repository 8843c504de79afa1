import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { slotPaths } from "../adapters/workspace/slot.ts";
import { portsOf } from "./ports.ts";

let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "nightcrew-ports-"));
});
afterAll(() => rmSync(home, { recursive: true }));

const slot = (name: string) => slotPaths(join(home, "workspaces", "repo", name));
const firstOf = (name: string): number => Number(portsOf(slot(name)).NIGHTCREW_PORT);

describe("the ports of a workspace", () => {
  it("are ten in a row, the same ever after, and nobody else's", () => {
    const names = Array.from({ length: 300 }, (_, index) => `agent-${index}`);
    const firsts = names.map(firstOf);
    expect(new Set(firsts).size).toBe(300);
    expect(firsts.every((port) => port >= 20_000 && port % 10 === 0 && port < 30_000)).toBe(true);
    expect(names.map(firstOf)).toEqual(firsts);
    expect(Number(portsOf(slot("agent-0")).NIGHTCREW_PORT_LAST)).toBe((firsts[0] ?? 0) + 9);
  });

  it("are given to others when there is no other left and the workspace is gone, and shared when none is", () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `agent-${index}`);
    for (const name of names) mkdirSync(slot(name).root, { recursive: true });
    const firsts = names.map(firstOf);
    expect(new Set(firsts).size).toBe(1_000);
    expect(firsts).toContain(firstOf("one-more"));
    rmSync(slot("agent-7").root, { recursive: true });
    expect(firstOf("another")).toBe(firsts[7]);
  });
});
