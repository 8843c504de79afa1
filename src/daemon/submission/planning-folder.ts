import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { namesIfThere } from "../../adapters/files/names-if-there.ts";
import { readIfThere } from "../../adapters/files/read-if-there.ts";
import { replaceFile } from "../../adapters/files/replace-file.ts";
import { sumOf, type Spend } from "../../domain/prices.ts";
import { parseJsonObject } from "../../std/json-lines.ts";

/** Who was asked, and what that cost. */
export interface Asked {
  readonly spend: Spend;
  /** As it is shown: `gpt-6.1-sol (api.openai.com)`. */
  readonly by: string;
}

/** Null where nobody was. */
export function askedInAll(asked: readonly Asked[]): Asked | null {
  const [first] = asked;
  return first === undefined ? null : { by: first.by, spend: sumOf(asked.map(({ spend }) => spend)) };
}

const maxKept = 50;
const folderName = /^\d+-[0-9a-f]+$/;

function nameOf(names: readonly string[], key: string): string | undefined {
  return names.find((name) => name.endsWith(`-${key}`));
}

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
    const names = (await namesIfThere(all)).filter((name) => folderName.test(name)).sort();
    const known = nameOf(names, key);
    if (known !== undefined) return new PlanningFolder(join(all, known));
    for (const old of names.slice(0, Math.max(0, names.length - maxKept + 1)))
      await rm(join(all, old), { recursive: true, force: true });
    const folder = join(all, `${now}-${key}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new PlanningFolder(folder);
  }

  /** Who was asked under this key, and what that cost in all: of a plan that was edited since. Null: nobody was. */
  static async askedUnder(home: string, key: string): Promise<Asked | null> {
    const all = join(home, "planning");
    const known = nameOf(await namesIfThere(all), key);
    if (known === undefined) return null;
    const files = (await namesIfThere(join(all, known))).filter((name) => name.endsWith(".json"));
    const texts = await Promise.all(files.map((name) => readIfThere(join(all, known, name))));
    return askedInAll(texts.flatMap((text) => (parseJsonObject(text ?? "") as unknown as Asked | null) ?? []));
  }

  /** Null where nothing was made of this very thing. */
  async made<T extends object>(of: string): Promise<(T & Asked) | null> {
    return parseJsonObject((await readIfThere(this.fileOf(of))) ?? "") as (T & Asked) | null;
  }

  async keep<T extends object>(of: string, made: T & Asked): Promise<void> {
    await replaceFile(this.fileOf(of), JSON.stringify(made));
  }

  private fileOf(of: string): string {
    return join(this.folder, `${createHash("sha256").update(of).digest("hex").slice(0, 32)}.json`);
  }
}
