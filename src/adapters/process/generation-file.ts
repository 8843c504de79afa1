import { link, mkdir, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";
import { namesIfThere } from "../files/names-if-there.ts";
import { readIfThere } from "../files/read-if-there.ts";
import { replaceFileQuickly } from "../files/replace-file.ts";

/**
 * A right that one process at a time has: the file `<name>.<generation>` with the highest generation says whose it is. Taking
 * it makes the next generation's file, in one step with its content (link(2)), and only one can make it. A generation is never
 * used twice, so that it can tell what an earlier holder still does (a fencing token): giving up empties the file, and only a
 * higher one lets it go.
 */
export class GenerationFile {
  private readonly folder: string;
  private readonly name: string;

  constructor(folder: string, name: string) {
    this.folder = folder;
    this.name = name;
  }

  fileOf(generation: number): string {
    return join(this.folder, `${this.name}.${generation}`);
  }

  /** The highest generation, with what its file says; null where there never was one. `text` is empty where it was given up. */
  async latest(): Promise<{ readonly generation: number; readonly text: string } | null> {
    const generation = (await this.generations()).at(-1);
    if (generation === undefined) return null;
    return { generation, text: (await readIfThere(this.fileOf(generation))) ?? "" };
  }

  /** Makes the next generation, where `isFree` says so of what the highest says. Null: it is held. */
  async take(content: string, isFree: (text: string) => boolean): Promise<number | null> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const prepared = join(this.folder, `.${this.name}-${randomBytes(6).toString("hex")}`);
    try {
      await writeFile(prepared, content, { mode: 0o600 });
      for (;;) {
        const found = await this.latest();
        if (found !== null && !isFree(found.text)) return null;
        const next = (found?.generation ?? 0) + 1;
        if (await this.makeNext(prepared, next)) return next;
      }
    } finally {
      await rm(prepared, { force: true });
    }
  }

  /** False once the folder is gone or somebody took over: the next generation is the one after this. Two system calls. */
  holds(generation: number): boolean {
    return existsSync(this.fileOf(generation)) && !existsSync(this.fileOf(generation + 1));
  }

  /** Does nothing where somebody took over. */
  replace(generation: number, content: string): void {
    if (this.holds(generation)) replaceFileQuickly(this.fileOf(generation), content);
  }

  giveUp(generation: number): void {
    this.replace(generation, "");
  }

  /** False when somebody else was faster, and it has to be looked at again. */
  private async makeNext(prepared: string, next: number): Promise<boolean> {
    if (!(await linkIfAbsent(prepared, this.fileOf(next)))) return false;
    const now = await this.generations();
    if (now.at(-1) !== next) {
      // What was looked at was an old state: this generation had come and gone already.
      await rm(this.fileOf(next), { force: true });
      return false;
    }
    for (const older of now.slice(0, -1)) await rm(this.fileOf(older), { force: true });
    return true;
  }

  /** In ascending order. */
  private async generations(): Promise<number[]> {
    const prefix = `${this.name}.`;
    return (await namesIfThere(this.folder))
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length))
      .filter((number) => /^\d+$/.test(number))
      .map(Number)
      .sort((a, b) => a - b);
  }
}

async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}
