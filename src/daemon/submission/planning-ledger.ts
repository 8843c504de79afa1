import { appendFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { namesIfThere } from "../../adapters/files/names-if-there.ts";
import { readIfThere } from "../../adapters/files/read-if-there.ts";
import { dayOf, usd } from "../../domain/budget.ts";
import type { Spend } from "../../domain/prices.ts";
import { parseJsonObject } from "../../std/json-lines.ts";

const fileName = /^spent-\d+\.jsonl$/;

/**
 * `<home>/planning/spent-<day>.jsonl`: what every answer of a model cost, under the key of the plan that it was for. A plan that is
 * run is charged to its run; by this the others count for the day as well.
 */
export class PlanningLedger {
  private readonly folder: string;

  constructor(home: string) {
    this.folder = join(home, "planning");
  }

  async add(key: string, { amountUsd }: Spend, now: number): Promise<void> {
    if (amountUsd === null || amountUsd === 0) return;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const name = nameOf(now);
    await appendFile(join(this.folder, name), `${JSON.stringify({ key, amountUsd })}\n`, { mode: 0o600 });
    // Of other days nobody asks.
    const others = (await namesIfThere(this.folder)).filter((other) => fileName.test(other) && other !== name);
    for (const other of others) await rm(join(this.folder, other), { force: true });
  }

  /** What plans cost today that are no run by now; USD. */
  async withoutRun(now: number, isRun: (key: string) => boolean): Promise<number> {
    const text = (await readIfThere(join(this.folder, nameOf(now)))) ?? "";
    const known = new Map<string, boolean>();
    const runs = (key: string): boolean => {
      const found = known.get(key) ?? isRun(key);
      known.set(key, found);
      return found;
    };
    const amounts = text.split("\n").flatMap((line) => {
      const { key, amountUsd } = parseJsonObject(line) ?? {};
      return typeof key === "string" && typeof amountUsd === "number" && !runs(key) ? [amountUsd] : [];
    });
    return usd(amounts.reduce((sum, one) => sum + one, 0));
  }
}

function nameOf(now: number): string {
  return `spent-${dayOf(now)}.jsonl`;
}
