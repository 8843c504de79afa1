import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { namesIfThere } from "../../adapters/files/names-if-there.ts";
import { readIfThere } from "../../adapters/files/read-if-there.ts";
import { replaceFile } from "../../adapters/files/replace-file.ts";
import type { Spend } from "../../domain/prices.ts";
import type { RoadmapReading } from "../../domain/roadmap.ts";
import { parseJsonObject } from "../../std/json-lines.ts";

/** What a model made of a request. */
export interface Decomposed {
  readonly reading: RoadmapReading;
  /** What a person should know of it. */
  readonly notes: readonly string[];
  readonly spend: Spend;
  /** As it is shown: `gpt-6.1-sol (api.openai.com)`. */
  readonly by: string;
}

interface Kept {
  readonly version: 1;
  readonly of: string;
  readonly made: Decomposed;
}

const maxKept = 50;

/**
 * `<home>/planning/<time>-<key>`: what a model was asked for one plan, and what came of it. The plan that was shown is found
 * there again by its key, also after a restart, so that nobody runs another one than was seen.
 */
export class PlanningFolder {
  readonly exchanges: string;
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.exchanges = join(folder, "exchanges.jsonl");
  }

  static async open(home: string, key: string, now: number): Promise<PlanningFolder> {
    const all = join(home, "planning");
    const names = (await namesIfThere(all)).sort();
    const known = names.find((name) => name.endsWith(`-${key}`));
    if (known !== undefined) return new PlanningFolder(join(all, known));
    for (const old of names.slice(0, Math.max(0, names.length - maxKept + 1)))
      await rm(join(all, old), { recursive: true, force: true });
    const folder = join(all, `${now}-${key}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new PlanningFolder(folder);
  }

  /** Null where nothing was made of this very request. */
  async made(request: string): Promise<Decomposed | null> {
    const kept = parseJsonObject((await readIfThere(this.planFile)) ?? "") as Kept | null;
    return kept !== null && kept.version === 1 && kept.of === digest(request) ? kept.made : null;
  }

  async keep(request: string, made: Decomposed): Promise<void> {
    const kept: Kept = { version: 1, of: digest(request), made };
    await replaceFile(this.planFile, JSON.stringify(kept));
  }

  private get planFile(): string {
    return join(this.folder, "plan.json");
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
