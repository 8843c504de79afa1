import { lstat, readFile } from "node:fs/promises";
import type { MarkAnchor } from "../../domain/plan.ts";
import { messageOf } from "../../std/operational-error.ts";
import type { InPlaceTick, Sources } from "../../engine/ports.ts";
import { replaceFile } from "../files/replace-file.ts";
import { tickText } from "./tick-text.ts";
import type { RoadmapReader } from "./roadmap-reader.ts";

/** Ticks marks in files that git does not track. */
export class FileSources implements Sources {
  private readonly reader: RoadmapReader;

  constructor(reader: RoadmapReader) {
    this.reader = reader;
  }

  async tickInPlace(file: string, box: MarkAnchor): Promise<InPlaceTick> {
    try {
      return await this.tick(file, box);
    } catch (error) {
      return notTicked(messageOf(error));
    }
  }

  private async tick(file: string, anchor: MarkAnchor): Promise<InPlaceTick> {
    const before = await readFile(file);
    const ticked = await tickText(before, anchor, this.reader);
    if (ticked.kind === "box-not-found") return notTicked("it was not found any more");
    if (ticked.kind === "already-ticked") return { ticked: false, problem: null };
    const { mode } = await lstat(file);
    const unchanged = async (): Promise<boolean> => (await readFile(file)).equals(before);
    const replaced = await replaceFile(file, ticked.content, { mode: mode & 0o777, stillWanted: unchanged });
    return replaced ? { ticked: true, problem: null } : notTicked("the file was changed meanwhile");
  }
}

function notTicked(why: string): InPlaceTick {
  return { ticked: false, problem: `its box was not ticked: ${why}` };
}
